import {
  ApplicationFailure,
  CancellationScope,
  ContinueAsNew,
  continueAsNew,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { SetupResult } from '../activities/setup.ts';
import { attachAdditions, type Planned } from './addition.ts';
import { createHerald, type Herald } from './herald.ts';
import { attachOperator, type Operator } from './hold.ts';
import { attachApproval, type Wait } from './approval.ts';
import { BLANK_REPORT, createBoard, isAtRest, type Board } from './board.ts';
import { withReport } from './failure-report.ts';
import type { Brake } from './brake.ts';
import { attachBudgets } from './budget-steering.ts';
import { report, type PhaseName, type PlanReference, type PromotionReport } from './messages.ts';
import type { PromotionRequest } from './promotion-request.ts';
import { attachFreeze } from './freeze.ts';
import { attachPause } from './pause.ts';
import { countChange, countEnd } from './run-metrics.ts';
import type { PhaseContext } from './phase-context.ts';
import { runOrHold, type FailureHandling } from './phase.ts';
import { runPlan, runSetup } from './plan-phases.ts';
import { newProgress, takeAdditions, type Progress } from './progress.ts';
import { runPromote, type PromoteState } from './promote-phase.ts';
import { runAttest, runSign } from './sign-phases.ts';
import { createTurnover, type Turnover } from './turnover.ts';
import { runVerification } from './verify-phases.ts';
import { attachWithholding } from './withholding.ts';
import { worklistOf } from './worklist.ts';
import { createWriterLeases, type WriterLeases } from './writer-leases.ts';

/** What a run hands to the one that continues it: references and counts, never the plan. */
export interface PromotionState {
  readonly report: PromotionReport;
  readonly setup: SetupResult;
  readonly plan: PlanReference;
  readonly progress: Progress;
}

/** What every part of a run has at hand. */
interface Controls {
  readonly board: Board;
  readonly operator: Operator;
  readonly brake: Brake;
  /** What is waited for between Validate and Promote. */
  readonly waits: readonly Wait[];
  readonly writers: WriterLeases;
  readonly herald: Herald;
  readonly turnover: Turnover;
  /** Lets operators add destinations, once there is a plan. */
  readonly openForAdditions: (planned: Planned) => void;
}

const HOLD_TIMEOUT = '24 hours';

/**
 * Promotes what manifests ask for: Setup → Plan → Provenance → Validate → Promote → Sign → Attest, one after the other,
 * each retried and held on its own. Without `confirm` the run ends after Validate.
 *
 * @returns the report; edges that could not be promoted are in its quarantine
 * @throws ApplicationFailure when a phase fails and is not held, is aborted, or nobody decides in time
 */
export async function promotion(request: PromotionRequest, continued?: PromotionState): Promise<PromotionReport> {
  const herald = createHerald(request);
  const board = createBoard(continued?.report ?? BLANK_REPORT, (before, after) => {
    countChange(before, after);
    herald.watch(before, after);
  });
  setHandler(report, () => board.read(), { description: 'Phases, edges, quarantine and hold of this run' });
  const scope = new CancellationScope();
  const operator = attachOperator(board, scope);
  const brake = attachPause(board);
  attachWithholding(board, brake, request?.confirm === true);
  attachBudgets(board);
  const turnover = createTurnover();
  const waits = [attachApproval(board, brake, turnover), attachFreeze(board, brake, turnover)];
  const writers = createWriterLeases(scope, () => isAtRest(board.read()));
  const openForAdditions = attachAdditions(board, { brake, writers, turnover });
  const controls = { board, operator, brake, waits, writers, herald, turnover, openForAdditions };
  let goesOn = false;
  let failure: string | undefined;
  try {
    return await scope.run(() => runPhases(request, continued, controls));
  } catch (error) {
    goesOn = error instanceof ContinueAsNew;
    if (goesOn) throw error;
    countEnd('failed');
    const thrown = whyItEnded(error, writers, operator);
    failure = thrown instanceof Error ? thrown.message : String(thrown);
    throw withReport(thrown, board.read());
  } finally {
    await CancellationScope.nonCancellable(async () => {
      if (!goesOn) await writers.release();
      if (!goesOn) await herald.end(board.read(), failure);
      await operator.settle();
    });
  }
}

/** A run that was cancelled from within says why. */
function whyItEnded(error: unknown, writers: WriterLeases, operator: Operator): unknown {
  const other = writers.lost();
  return other === undefined ? operator.explained(error) : ApplicationFailure.nonRetryable(other, 'RunConflict');
}

async function runPhases(
  request: PromotionRequest,
  continued: PromotionState | undefined,
  { board, operator, brake, waits, writers, herald, turnover, openForAdditions }: Controls,
): Promise<PromotionReport> {
  const run = workflowInfo().firstExecutionRunId;
  let handling: FailureHandling = { onPhaseFailure: request?.onPhaseFailure ?? 'hold', holdTimeout: HOLD_TIMEOUT };
  const phase = <T>(name: PhaseName, body: () => Promise<T>): Promise<T | 'skipped'> =>
    runOrHold(name, handling, board, operator, body);

  const setup =
    continued?.setup ?? needed(await phase('setup', () => runSetup(run, request, { board, brake, writers })));
  herald.know(setup.notifies === true);
  if (setup.request.confirm === true) writers.keep(setup, continued === undefined ? 'acquired' : 'continued');
  handling = { ...handling, holdTimeout: setup.request.holdTimeout ?? HOLD_TIMEOUT };
  const plan = continued?.plan ?? needed(await phase('plan', () => runPlan(run, setup, { board, brake })));
  const progress = continued?.progress ?? newProgress(plan);
  openForAdditions({ run, setup, promote: progress.promote });
  const context = { run, setup, worklist: worklistOf(board.read()) ?? plan, board, brake, turnover };
  const isDone = (name: PhaseName): boolean =>
    board.read().phases.some((row) => row.name === name && isOver(row.state));

  const steps: readonly (readonly [PhaseName, () => Promise<'done' | 'continue' | 'skipped'>])[] = [
    ['provenance', () => runVerification('provenance', context, progress.provenance)],
    ['validate', () => runVerification('validate', context, progress.validate)],
    ['promote', () => waitAndPromote(waits, context, progress.promote)],
    ['sign', () => runSign(context, progress.sign)],
    ['attest', () => runAttest(context, progress.attest)],
  ];
  for (const [name, step] of steps) {
    if (name === 'promote' && setup.request.confirm !== true) return finish(board, 'dry-run');
    if (isDone(name)) continue;
    if ((await phase(name, step)) === 'continue' || turnover.isAsked()) {
      await operator.settle();
      const work = takeAdditions(board, { setup, progress });
      return continueAsNew<typeof promotion>(request, { plan, ...work, report: board.read() });
    }
  }
  return finish(board, board.read().quarantine.edges > 0 ? 'quarantined' : 'done');
}

async function waitAndPromote(
  waits: readonly Wait[],
  context: PhaseContext,
  state: PromoteState,
): Promise<'done' | 'continue'> {
  for (const one of waits) if ((await one.wait(context.setup)) === 'continue') return 'continue';
  return runPromote(context, state);
}

function needed<T>(outcome: T | 'skipped'): T {
  if (outcome === 'skipped') throw ApplicationFailure.nonRetryable('this phase cannot be skipped', 'PhaseAborted');
  return outcome;
}

function isOver(state: string): boolean {
  return state === 'done' || state === 'skipped';
}

function finish(board: Board, outcome: 'dry-run' | 'done' | 'quarantined'): PromotionReport {
  board.update({ outcome });
  return board.read();
}
