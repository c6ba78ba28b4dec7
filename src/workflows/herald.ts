import { CancellationScope, ParentClosePolicy, patched, startChild, workflowInfo } from '@temporalio/workflow';
import type { Notification } from '../notifications/notification.ts';
import type { PromotionReport } from './messages.ts';
import type { PromotionRequest } from './promotion-request.ts';
import type { notification } from './notification.ts';

/** Has people told what happens to a run. Whatever becomes of that, the run does not notice. */
export interface Herald {
  /** Whether workers have anybody to tell, once that is known. */
  know(anybody: boolean): void;
  /** Told of every change of the report: tells of holds, and of what waits for an approval. */
  watch(before: PromotionReport, after: PromotionReport): void;
  /** Tells how the run ended, with the reason where it failed; resolves when that is on its way. */
  end(report: PromotionReport, failure?: string): Promise<void>;
}

const SAMPLES = 5;

/** Makes the herald of a promotion. */
export function createHerald(request: PromotionRequest): Herald {
  let anybody: boolean | undefined;

  function tell(event: Notification['event'], report: PromotionReport, more: Partial<Notification>): Promise<void> {
    const { workflowId, runId } = workflowInfo();
    const id = `notification/${event}/${workflowId}/${runId}/${report.hold?.since ?? 'end'}`;
    const { copied, quarantine, destinations } = report;
    return send(anybody, {
      id,
      event,
      workflowId,
      runId,
      at: Date.now(),
      destinations: destinations.slice(0, SAMPLES),
      edges: { copied: copied.edges, present: copied.present, quarantined: quarantine.edges },
      ...(request?.commit === undefined ? {} : { commit: request.commit }),
      ...more,
    });
  }

  return {
    know(any) {
      anybody = any;
    },
    watch(before, after) {
      const { hold, outcome } = after;
      if (hold !== undefined && before.hold === undefined) {
        void tell('held', after, { phase: hold.phase, reason: hold.reason });
      }
      if (outcome === 'awaiting-approval' && before.outcome !== outcome) void tell(outcome, after, {});
    },
    end(report, failure) {
      if (failure !== undefined) return tell('failed', report, { reason: failure });
      const { outcome, quarantine } = report;
      if (outcome !== 'done' && outcome !== 'quarantined' && outcome !== 'dry-run') return Promise.resolve();
      const quarantined = quarantine.samples.slice(0, SAMPLES).map(({ message }) => message);
      return tell(outcome, report, quarantined.length === 0 ? {} : { quarantined });
    },
  };
}

/**
 * Starts the workflow that delivers, and leaves it to itself. Nobody waits for a receiver, or for a worker: a workflow is
 * started by the server alone. One with the same id has been told of already.
 *
 * @param anybody `false` where there is nobody to tell; `undefined` where that is not known yet
 */
export async function send(anybody: boolean | undefined, message: Notification): Promise<void> {
  // Runs that began before there were notifications do not know, and go on as they were.
  if (anybody === false || (anybody === undefined && !patched('notifications'))) return;
  await CancellationScope.nonCancellable(async () => {
    try {
      await startChild<typeof notification>('notification', {
        workflowId: message.id,
        args: [message],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowExecutionTimeout: '25 hours',
        staticSummary: `Tell of ${message.workflowId}: ${message.event}`,
      });
    } catch {
      // It has been started before.
    }
  });
}
