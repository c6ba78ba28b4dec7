import { ServiceError } from '@temporalio/client';
import type { RunReference } from './run-request.ts';
import type { TemporalSession } from './temporal-session.ts';

/** An activity that failed and will be tried again. */
export interface Setback {
  readonly activity: string;
  /** The attempt that is next or under way. */
  readonly attempt: number;
  readonly attempts: number;
  /** Why the last attempt failed. */
  readonly message: string;
}

/** What is being tried again in a run; nothing when the server cannot be asked. */
export async function readSetbacks(session: TemporalSession, run: RunReference): Promise<readonly Setback[]> {
  try {
    const { raw } = await session.client.workflow.getHandle(run.workflowId).describe();
    return (raw.pendingActivities ?? [])
      .filter(({ attempt, lastFailure }) => (attempt ?? 1) > 1 && lastFailure)
      .map(({ activityType, attempt, maximumAttempts, lastFailure }) => ({
        activity: activityType?.name ?? 'activity',
        attempt: attempt ?? 1,
        attempts: maximumAttempts ?? 0,
        message: lastFailure?.message ?? '',
      }));
  } catch (error) {
    if (error instanceof ServiceError) return [];
    throw error;
  }
}

/** What failed and is tried again, in a line. */
export function setbackLine({ activity, attempt, attempts, message }: Setback): string {
  const of = attempts === 0 ? '' : ` of ${attempts}`;
  return `${activity}: attempt ${attempt}${of}, since ${message}`;
}
