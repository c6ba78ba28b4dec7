import {
  ActivityFailure,
  ApplicationFailure,
  TemporalFailure,
  TimeoutFailure,
  isCancellation,
  rootCause,
} from '@temporalio/workflow';
import type { HoldBoard, Operator } from './hold.ts';
import type { PhaseName } from './messages.ts';
import type { Duration } from './policies.ts';

/** How a run treats a phase that has used up its retries. */
export interface FailureHandling {
  readonly onPhaseFailure: 'hold' | 'fail';
  readonly holdTimeout: Duration;
}

/** Failures that no decision of an operator cures: the run has to be started again, with something else. */
const HOPELESS: ReadonlySet<string> = new Set([
  'RequestInvalid',
  'ManifestInvalid',
  'PlanRejected',
  'PhaseAborted',
  'RunConflict',
  'ApprovalExpired',
]);

/**
 * Runs a phase to its end. When it fails it is held until an operator lets it try again, skip or abort, or the run fails
 * at once where the request says so.
 *
 * @returns what the body returned; `skipped` when an operator decided so
 */
export async function runOrHold<T>(
  phase: PhaseName,
  handling: FailureHandling,
  board: HoldBoard,
  operator: Operator,
  body: () => Promise<T>,
): Promise<T | 'skipped'> {
  for (;;) {
    board.mark(phase, 'running');
    try {
      return await body();
    } catch (error) {
      if (isCancellation(error)) throw error;
      const reason = reasonOf(error);
      if (handling.onPhaseFailure === 'fail' || isHopeless(error)) {
        board.mark(phase, 'failed', { note: reason });
        throw failureOf(phase, error, reason);
      }
      const decision = await operator.decide(phase, reason, handling.holdTimeout);
      if (decision === 'skip') {
        board.mark(phase, 'skipped', { note: `skipped by an operator after: ${reason}` });
        return 'skipped';
      }
    }
  }
}

function failureOf(phase: PhaseName, error: unknown, reason: string): ApplicationFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return ApplicationFailure.create({
    message: `${phase} failed: ${reason}`,
    type: cause instanceof ApplicationFailure ? (cause.type ?? 'PhaseFailed') : 'PhaseFailed',
    nonRetryable: true,
    ...(error instanceof Error ? { cause: error } : {}),
  });
}

function isHopeless(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure && HOPELESS.has(cause.type ?? '');
}

/** Why something failed, as an operator is told. */
export function reasonOf(error: unknown): string {
  if (error instanceof ActivityFailure && error.cause instanceof TimeoutFailure) {
    return `activity ${error.activityType} timed out (${error.cause.timeoutType}): is a worker running, and did it stall?`;
  }
  if (error instanceof ActivityFailure && error.cause instanceof ApplicationFailure) return error.cause.message;
  if (error instanceof TemporalFailure) return rootCause(error) ?? error.message;
  return String(error);
}
