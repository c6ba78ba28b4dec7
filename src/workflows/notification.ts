import { ActivityFailure, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { NotificationActivities } from '../activities/notify.ts';
import type { Notification } from '../notifications/notification.ts';

/** Who was told, and who could not be. */
export interface NotificationReport {
  readonly delivered: readonly string[];
  readonly failed: readonly { readonly target: string; readonly reason: string }[];
}

const { chooseTargets } = proxyActivities<NotificationActivities>({
  startToCloseTimeout: '30 seconds',
  summary: 'who wants to know',
});

/**
 * Tells everybody who wants to know of something that happened to a run: one activity for each target, each with its own
 * retries for a day. It is a workflow of its own, so that no receiver can hold up or fail the run that it is about.
 */
export async function notification(message: Notification): Promise<NotificationReport> {
  const targets = await chooseTargets({ event: message.event });
  const results = await Promise.all(targets.map((target) => deliver(target, message)));
  return {
    delivered: targets.filter((_, at) => results[at] === undefined),
    failed: targets.flatMap((target, at) => {
      const reason = results[at];
      return reason === undefined ? [] : [{ target, reason }];
    }),
  };
}

/** Why it could not be delivered; nothing when it was. */
async function deliver(target: string, message: Notification): Promise<string | undefined> {
  const { deliverNotification } = proxyActivities<NotificationActivities>({
    startToCloseTimeout: '2 minutes',
    scheduleToCloseTimeout: '24 hours',
    retry: { initialInterval: '2 seconds', maximumInterval: '10 minutes' },
    summary: `tell ${target}`,
  });
  try {
    await deliverNotification({ target, notification: message });
    return undefined;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return error instanceof ActivityFailure ? (error.cause?.message ?? error.message) : String(error);
  }
}
