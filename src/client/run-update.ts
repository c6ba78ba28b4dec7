import { userInfo } from 'node:os';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import { PromoterError } from '../errors.ts';
import { describeThrown } from './failure-text.ts';
import type { RunStatus } from './run-status.ts';
import type { TemporalSession } from './temporal-session.ts';

/** What is asked of a run. */
export interface RunUpdate<R, A> {
  readonly update: UpdateDefinition<R, [A]>;
  readonly argument: A;
  /** What is done to the run, as it follows `there is nothing to`. */
  readonly verb: string;
}

/**
 * Sends an Update to a run.
 *
 * @throws PromoterError `UsageInvalid` when the run has ended, or refuses it
 */
export async function sendUpdate<R, A>(
  { client }: TemporalSession,
  { workflowId, endedAt }: RunStatus,
  { update, argument, verb }: RunUpdate<R, A>,
): Promise<R> {
  if (endedAt !== undefined) {
    throw new PromoterError('UsageInvalid', `${workflowId} ended at ${endedAt}: there is nothing to ${verb}`);
  }
  try {
    return await client.workflow.getHandle(workflowId).executeUpdate(update, { args: [argument] });
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    throw new PromoterError('UsageInvalid', `${workflowId}: ${describeThrown(error)}`, { cause: error });
  }
}

/** Whom the record of a run names as the one who steered it, unless somebody says otherwise. */
export function operatorName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
