import { userInfo } from 'node:os';
import {
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import { messageOf, PromoterError } from '../errors.ts';
import { attendAnswer } from './answer-watch.ts';
import { watchContact } from './contact.ts';
import { describeThrown } from './failure-text.ts';
import { firstRunOf, lookAt } from './run-follow.ts';
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
 * Sends an Update to a run, and says what it waits for when the answer takes its time.
 *
 * @throws PromoterError `UsageInvalid` when the run has ended, or refuses it; `TemporalUnavailable` when the server goes away
 */
export async function sendUpdate<R, A>(
  session: TemporalSession,
  { workflowId, runId, endedAt }: RunStatus,
  { update, argument, verb }: RunUpdate<R, A>,
  onNote: (note: string) => void,
): Promise<R> {
  if (endedAt !== undefined) {
    throw new PromoterError('UsageInvalid', `${workflowId} ended at ${endedAt}: there is nothing to ${verb}`);
  }
  const contact = watchContact(session, onNote);
  try {
    const answer = session.client.workflow.getHandle(workflowId).executeUpdate(update, { args: [argument] });
    let chain: string | undefined;
    return await attendAnswer(answer, {
      onNote,
      record: contact.record,
      look: async () => lookAt(session, workflowId, (chain ??= await firstRunOf(session, { workflowId, runId }))),
    });
  } catch (error) {
    throw clearer(error, session.address, workflowId, verb);
  }
}

function clearer(error: unknown, address: string, workflowId: string, verb: string): unknown {
  if (error instanceof WorkflowUpdateFailedError) {
    return new PromoterError('UsageInvalid', `${workflowId}: ${describeThrown(error)}`, { cause: error });
  }
  if (error instanceof WorkflowNotFoundError) {
    const message = `${workflowId} has ended meanwhile: there is nothing to ${verb}`;
    return new PromoterError('UsageInvalid', message, { cause: error });
  }
  if (error instanceof ServiceError || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    const message = `lost the Temporal server at ${address} while ${workflowId} was asked to ${verb}: ${messageOf(error.cause ?? error)}; when it is back, \`promoter status '${workflowId}'\` says whether the run has taken it`;
    return new PromoterError('TemporalUnavailable', message, { cause: error });
  }
  return error;
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
