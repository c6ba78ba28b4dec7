import type { Config } from './config.ts';
import { createNotifier, type Notifier } from './notifications/notifier.ts';
import { createSecretReader } from './notifications/secret.ts';

/** The notifier of the configuration, with secrets from the environment and from files. It sends nothing by itself. */
export function openNotifier(
  { notifications }: Pick<Config, 'notifications'>,
  environment: Readonly<Record<string, string | undefined>>,
): Notifier {
  return createNotifier(notifications, createSecretReader(environment));
}
