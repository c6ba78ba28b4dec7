import {
  ApplicationFailure,
  type CancellationScope,
  allHandlersFinished,
  condition,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import {
  abortPromotion,
  currentPhase,
  retryPhase,
  skipPhase,
  type Decision,
  type DecisionReceipt,
  type Outcome,
  type PhaseName,
  type PhaseRow,
  type PhaseState,
  type PromotionReport,
} from './messages.ts';
import { POLICIES, type Duration } from './policies.ts';
import { onlyFields, optionalObjectOf, optionalTexts, refuse } from './update-checks.ts';

type Action = DecisionReceipt['action'];

/** What a run does that is neither held nor at work, and what changes that. */
const WAITING: Partial<Record<Outcome, string>> = {
  paused: 'the run is paused; resumePromotion lets it go on',
  'awaiting-approval': 'the run waits for an approval; approve gives it',
  frozen: 'the run waits for the end of a freeze; overrideFreeze promotes all the same',
};

/** What a run shows of its phases, as far as holding them goes. */
export interface HoldBoard {
  read(): Pick<PromotionReport, 'phases' | 'outcome'>;
  update(change: { readonly hold: PromotionReport['hold'] | undefined }): void;
  mark(phase: PhaseName, state: PhaseState, change?: Partial<PhaseRow>): void;
}

/** Where a phase waits for an operator, and where the operator's Updates arrive. */
export interface Operator {
  /**
   * Holds a phase until somebody decides.
   *
   * @throws ApplicationFailure `PhaseAborted` when the decision is to abort, `HoldExpired` when nobody decides in time
   */
  decide(phase: PhaseName, reason: string, timeout: Duration): Promise<'retry' | 'skip'>;
  /** Waits until every Update that has been accepted is answered. */
  settle(): Promise<void>;
  /** Why a run ended: one that was cancelled since an operator aborted it says so. */
  explained(error: unknown): unknown;
}

/** Takes the Updates `retryPhase`, `skipPhase` and `abortPromotion`; an abort of a phase that runs cancels `scope`. */
export function attachOperator(board: HoldBoard, scope: CancellationScope): Operator {
  let held: PhaseName | undefined;
  let decision: { action: Action; reason: string | undefined } | undefined;
  let abortReason: string | undefined;

  function take(action: Action, input: Decision | undefined): DecisionReceipt {
    const phase = held ?? runningPhase(board);
    decision = { action, reason: input?.reason };
    if (action === 'abort') {
      abortReason = input?.reason ?? 'no reason given';
      if (held === undefined) scope.cancel();
    }
    return { phase, action };
  }

  const handle = (action: Action) => (input: Decision | undefined) => take(action, input);
  setHandler(retryPhase, handle('retry'), {
    description: 'Try the held phase again. Optional argument: {"phase": "promote", "reason": "registry is back"}',
    validator: (input) => check(input, held, board),
  });
  setHandler(skipPhase, handle('skip'), {
    description:
      'Go on without the held phase: only sign and attest can be skipped, and skipping sign skips attest. Optional argument: {"phase": "sign", "reason": "…"}',
    validator: (input) => {
      check(input, held, board);
      if (held !== undefined && !POLICIES[held].skippable) {
        refuse(`${held} cannot be skipped: send retryPhase or abortPromotion`);
      }
    },
  });
  setHandler(abortPromotion, handle('abort'), {
    description:
      'End the run; what has been copied stays, no tag is left incomplete. Optional argument: {"reason": "…"}',
    validator: (input) => check(input, held ?? runningPhase(board), board),
  });

  return {
    async decide(phase, reason, timeout) {
      held = phase;
      decision = undefined;
      board.mark(phase, 'held', { note: reason });
      board.update({ hold: { phase, reason, since: Date.now() } });
      const summary = `HELD: ${phase} failed; send retryPhase, ${POLICIES[phase].skippable ? 'skipPhase, ' : ''}abortPromotion`;
      const decided = await condition(() => decision !== undefined, timeout, { summary });
      held = undefined;
      board.update({ hold: undefined });
      const { action, reason: why } = (decision ?? {}) as { action?: Action; reason?: string };
      if (!decided)
        throw ApplicationFailure.nonRetryable(`${phase} was held and nobody decided: ${reason}`, 'HoldExpired');
      if (action === 'abort') {
        throw ApplicationFailure.nonRetryable(
          `aborted while ${phase} was held (${why ?? 'no reason given'}): ${reason}`,
          'PhaseAborted',
        );
      }
      return action === 'skip' ? 'skip' : 'retry';
    },
    settle: () => condition(allHandlersFinished),
    explained(error) {
      if (abortReason === undefined || !isCancellation(error)) return error;
      return ApplicationFailure.nonRetryable(`aborted by an operator: ${abortReason}`, 'PhaseAborted');
    },
  };
}

// Validators see whatever JSON somebody typed.
function check(input: unknown, expected: PhaseName | undefined, board: HoldBoard): void {
  if (expected === undefined) refuse(`no phase is held, so there is nothing to decide: ${standing(board)}`);
  const decision = optionalObjectOf(input, '{"reason": "…"}');
  onlyFields(decision, ['phase', 'reason', 'by']);
  optionalTexts(decision, ['phase', 'reason', 'by']);
  const { phase } = decision as Decision;
  if (phase !== undefined && phase !== expected) refuse(`the phase is ${expected}, not ${phase}`);
}

/** What a run that is not held does. */
function standing(board: HoldBoard): string {
  return WAITING[board.read().outcome] ?? `${runningPhase(board)} is being worked on`;
}

function runningPhase(board: HoldBoard): PhaseName {
  return currentPhase(board.read()) ?? 'setup';
}
