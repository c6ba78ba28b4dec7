import { PromoterError } from '../errors.ts';
import { USUAL_EVENTS, type LinkedNotification, type NotificationEvent } from './notification.ts';
import type { SecretReader } from './secret.ts';
import type { NotificationTarget } from './target.ts';
import { sendSlack, sendWebhook } from './webhook.ts';

/** Who is told, by name. */
export interface Notifier {
  readonly names: readonly string[];
  /** The targets that want to be told of an event. */
  targetsFor(event: NotificationEvent): readonly string[];
  /**
   * Delivers to one target, once.
   *
   * @throws PromoterError `NotificationFailed`, `NotificationRefused`, `ConfigInvalid`, each with the target's name
   */
  deliver(name: string, notification: LinkedNotification): Promise<void>;
}

/** Makes the notifier of a configuration. It sends nothing by itself. */
export function createNotifier(targets: readonly NotificationTarget[], secrets: SecretReader): Notifier {
  const byName = new Map(targets.map((target) => [target.name, target]));
  return {
    names: [...byName.keys()],
    targetsFor: (event) =>
      targets.filter(({ events = USUAL_EVENTS }) => events.includes(event)).map(({ name }) => name),
    async deliver(name, notification) {
      const target = byName.get(name);
      // The configuration has changed since the targets were chosen.
      if (target === undefined) throw new PromoterError('NotificationRefused', `there is no target ${name} any more`);
      try {
        await send(target, notification, secrets);
      } catch (error) {
        if (!(error instanceof PromoterError)) throw error;
        const { code, message, retryAfterMs } = error;
        const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
        throw new PromoterError(code, `could not notify ${name} (${target.kind}): ${message}`, wait);
      }
    },
  };
}

// The libraries of GitHub and of mail are loaded by whoever needs them: a worker starts faster without.
async function send(
  target: NotificationTarget,
  notification: LinkedNotification,
  secrets: SecretReader,
): Promise<void> {
  switch (target.kind) {
    case 'webhook':
      return sendWebhook(target, notification, secrets);
    case 'slack':
      return sendSlack(target, notification, secrets);
    case 'github':
      return (await import('./commit-status.ts')).sendCommitStatus(target, notification, secrets);
    case 'email':
      return (await import('./email.ts')).sendEmail(target, notification, secrets);
  }
}
