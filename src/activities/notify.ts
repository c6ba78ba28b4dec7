import { activityInfo } from '@temporalio/activity';
import { PromoterError } from '../errors.ts';
import type { Notification, NotificationEvent } from '../notifications/notification.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { failingClearly } from './failures.ts';

/** What telling people takes; made once per process. */
export interface NotificationDependencies {
  readonly notifier: Notifier;
  /** The page of a run, where that is known. */
  readonly linkOf: (run: { readonly workflowId: string; readonly runId: string }) => string | undefined;
  /** Told of every attempt: `delivered`, or the code of the error. */
  readonly counted: (target: string, event: NotificationEvent, result: string) => void;
}

/** The activities that tell people what happened. */
export function createNotificationActivities({ notifier, linkOf, counted }: NotificationDependencies) {
  /** The targets that the worker's configuration has for an event, by their names. */
  async function chooseTargets({ event }: { readonly event: NotificationEvent }): Promise<readonly string[]> {
    return notifier.targetsFor(event);
  }

  /**
   * Delivers a notification to one target.
   *
   * @throws PromoterError `NotificationFailed`, `NotificationRefused`, `ConfigInvalid`
   */
  async function deliverNotification(input: {
    readonly target: string;
    readonly notification: Notification;
  }): Promise<{ readonly attempts: number }> {
    const { target, notification } = input;
    const link = linkOf(notification);
    try {
      await notifier.deliver(target, { ...notification, ...(link === undefined ? {} : { link }) });
    } catch (error) {
      counted(target, notification.event, error instanceof PromoterError ? error.code : 'Unexpected');
      throw error;
    }
    counted(target, notification.event, 'delivered');
    return { attempts: activityInfo().attempt };
  }

  return {
    chooseTargets: failingClearly(chooseTargets),
    deliverNotification: failingClearly(deliverNotification),
  };
}

/** These activities as workflow code sees them. */
export type NotificationActivities = ReturnType<typeof createNotificationActivities>;
