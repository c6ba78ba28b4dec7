import type { WorkflowExecutionDescription } from '@temporalio/client';
import proto from '@temporalio/proto';

/** An activity that failed and will be tried again, or that no worker begins. */
export interface Setback {
  readonly activity: string;
  /** The attempt that is next or under way. */
  readonly attempt: number;
  readonly attempts: number;
  /** Why the last attempt failed, or which queue nobody takes it from. */
  readonly message: string;
}

/** Workers ask for work all the time; one that is merely busy is soon through with something. */
const UNBEGUN_MS = 20_000;

type Pending = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** What is being tried again in a run, and what waits for a worker that would begin it. */
export function setbacksOf(
  { raw }: Pick<WorkflowExecutionDescription, 'raw'>,
  now: number = Date.now(),
): readonly Setback[] {
  return (raw.pendingActivities ?? []).flatMap((pending) => {
    const message = (pending.attempt ?? 1) > 1 ? pending.lastFailure?.message : unbegun(pending, now);
    if (message === undefined || message === null) return [];
    const { activityType, attempt, maximumAttempts } = pending;
    return {
      activity: activityType?.name ?? 'activity',
      attempt: attempt ?? 1,
      attempts: maximumAttempts ?? 0,
      message,
    };
  });
}

function unbegun({ state, scheduledTime, activityOptions }: Pending, now: number): string | undefined {
  const waits = state === proto.temporal.api.enums.v1.PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED;
  if (!waits || now - Number(scheduledTime?.seconds ?? Infinity) * 1_000 < UNBEGUN_MS) return undefined;
  const queue = activityOptions?.taskQueue?.name;
  return `no worker takes it${queue === undefined || queue === null ? '' : ` from the queue ${queue}`}: see that one runs`;
}

/** What failed and is tried again, in a line. */
export function setbackLine({ activity, attempt, attempts, message }: Setback): string {
  const of = attempts === 0 ? '' : ` of ${attempts}`;
  return `${activity}: attempt ${attempt}${of}, since ${message}`;
}
