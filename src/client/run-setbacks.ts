import type { WorkflowExecutionDescription } from '@temporalio/client';

/** An activity that failed and will be tried again. */
export interface Setback {
  readonly activity: string;
  /** The attempt that is next or under way. */
  readonly attempt: number;
  readonly attempts: number;
  /** Why the last attempt failed. */
  readonly message: string;
}

/** What is being tried again in a run. */
export function setbacksOf({ raw }: Pick<WorkflowExecutionDescription, 'raw'>): readonly Setback[] {
  return (raw.pendingActivities ?? [])
    .filter(({ attempt, lastFailure }) => (attempt ?? 1) > 1 && lastFailure)
    .map(({ activityType, attempt, maximumAttempts, lastFailure }) => ({
      activity: activityType?.name ?? 'activity',
      attempt: attempt ?? 1,
      attempts: maximumAttempts ?? 0,
      message: lastFailure?.message ?? '',
    }));
}

/** What failed and is tried again, in a line. */
export function setbackLine({ activity, attempt, attempts, message }: Setback): string {
  const of = attempts === 0 ? '' : ` of ${attempts}`;
  return `${activity}: attempt ${attempt}${of}, since ${message}`;
}
