import { randomUUID } from 'node:crypto';
import { loadConfig } from '../config.ts';
import { messageOf, PromoterError } from '../errors.ts';
import { openNotifier } from '../notification-settings.ts';
import type { Notification } from '../notifications/notification.ts';
import { EXIT_CODE } from './exit-code.ts';
import { writeJsonResult } from './json-result.ts';
import type { NotifyOptions } from './notify-command.ts';
import type { CommandOutput } from './output.ts';

/** What came of telling one target. */
interface Attempt {
  readonly target: string;
  readonly delivered: boolean;
  readonly reason?: string;
}

/**
 * Sends a test notification to each target, and says which could be told; exit code 1 when one could not.
 *
 * @throws PromoterError `ConfigInvalid` when there is nobody to tell, `UsageInvalid` for a name that is none
 */
export async function runNotifyTest(
  names: readonly string[],
  options: NotifyOptions,
  output: CommandOutput,
): Promise<void> {
  const notifier = openNotifier(await loadConfig(options), process.env);
  if (notifier.names.length === 0) {
    throw new PromoterError('ConfigInvalid', 'there is nobody to tell: promoter.yaml has no notifications');
  }
  const unknown = names.find((name) => !notifier.names.includes(name));
  if (unknown !== undefined) {
    throw new PromoterError('UsageInvalid', `there is no target '${unknown}'; there are ${notifier.names.join(', ')}`);
  }
  const notification: Notification = {
    id: `notification/test/${randomUUID()}`,
    event: 'test',
    workflowId: 'none',
    runId: 'none',
    at: Date.now(),
    destinations: [],
  };
  const attempts: Attempt[] = [];
  for (const target of names.length === 0 ? notifier.names : names) {
    const attempt = await notifier.deliver(target, notification).then(
      (): Attempt => ({ target, delivered: true }),
      (error: unknown): Attempt => ({ target, delivered: false, reason: messageOf(error) }),
    );
    attempts.push(attempt);
    if (options.json !== true) output.stdout.write(`${attempt.reason ?? `${target}: delivered`}\n`);
  }
  const failed = attempts.some(({ delivered }) => !delivered);
  if (options.json === true) {
    await writeJsonResult(output.stdout, { outcome: failed ? 'failed' : 'done', targets: attempts });
  }
  output.setExitCode(failed ? EXIT_CODE.failed : EXIT_CODE.done);
}
