import {
  ApplicationFailure,
  CancellationScope,
  ContinueAsNew,
  continueAsNew,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { FilePlan } from '../activities/plan-files.ts';
import { withReport } from './failure-report.ts';
import { createFileBoard, type FileBoard } from './file-board.ts';
import { NO_FILES } from './file-details.ts';
import {
  FILE_PHASES,
  fileReport,
  type FilePromotionOutcome,
  type FilePromotionReport,
  type FilePromotionRequest,
} from './file-messages.ts';
import { fileActivities, newFileSweep, sweepFiles, type FileSweep } from './file-sweep.ts';
import { attachOperator, type Operator } from './hold.ts';
import { runOrHold, type FailureHandling } from './phase.ts';

/** What a run hands to the one that continues it. */
export interface FilePromotionState {
  readonly report: FilePromotionReport;
  readonly plan: FilePlan;
  readonly progress: FileSweep;
}

const HOLD_TIMEOUT = '24 hours';

/**
 * Brings the files that manifests list to their destinations. What is there already is left alone, what must not be
 * promoted is kept back and reported, and the rest arrives. A bucket that cannot be used for now holds the run once
 * everything else has arrived.
 *
 * @returns the report, with outcome `quarantined` when files were kept back
 * @throws ApplicationFailure when the request or its manifests cannot be used, or a phase fails and is not held, is
 *   aborted, or nobody decides in time
 */
export async function filePromotion(
  request: FilePromotionRequest,
  continued?: FilePromotionState,
): Promise<FilePromotionReport> {
  const board = createFileBoard(
    continued === undefined ? blankReport() : continuedReport(continued),
    continued?.report.outcome,
  );
  setHandler(fileReport, () => board.read(), {
    description: 'How far it is, what it copied, what it kept back and why',
  });
  const scope = new CancellationScope();
  const operator = attachOperator(board, scope);
  try {
    return await scope.run(() => runPhases(request, continued, board, operator));
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    throw withReport(operator.explained(error), board.read());
  } finally {
    await CancellationScope.nonCancellable(() => operator.settle());
  }
}

async function runPhases(
  request: FilePromotionRequest,
  continued: FilePromotionState | undefined,
  board: FileBoard,
  operator: Operator,
): Promise<FilePromotionReport> {
  const { run } = board.read();
  const begun: FailureHandling = { onPhaseFailure: request?.onPhaseFailure ?? 'hold', holdTimeout: HOLD_TIMEOUT };
  const plan =
    continued?.plan ?? needed(await runOrHold('plan', begun, board, operator, () => runPlan(run, request, board)));
  const progress = continued?.progress ?? newFileSweep(plan.shards);
  const handling = { ...begun, holdTimeout: plan.request.holdTimeout ?? HOLD_TIMEOUT };
  const outcome = await runOrHold('promote', handling, board, operator, () => sweepFiles(progress, plan, board));
  if (outcome === 'continue') {
    await operator.settle();
    return continueAsNew<typeof filePromotion>(request, { report: board.read(), plan, progress });
  }
  board.update({ outcome: outcomeOf(board.read(), plan.request.confirm), endedAt: Date.now() });
  return board.read();
}

async function runPlan(run: string, request: FilePromotionRequest, board: FileBoard): Promise<FilePlan> {
  const plan = await fileActivities('look what is there').planFiles({ run, request });
  const { counts, samples, total, shards } = plan;
  board.update({ counts, samples, total, shards: { done: 0, total: shards } });
  board.mark('plan', 'done', { note: `${total} files in ${shards} shards` });
  return plan;
}

function blankReport(): FilePromotionReport {
  return {
    outcome: 'running',
    run: workflowInfo().firstExecutionRunId,
    total: 0,
    shards: { done: 0, total: 0 },
    counts: NO_FILES,
    samples: [],
    phases: FILE_PHASES.map((name) => ({ name, state: 'pending' })),
    startedAt: Date.now(),
  };
}

/** Runs of earlier versions had no phases to hand on. */
function continuedReport({ report }: FilePromotionState): FilePromotionReport {
  return { ...blankReport(), ...report };
}

function needed<T>(outcome: T | 'skipped'): T {
  if (outcome === 'skipped') throw ApplicationFailure.nonRetryable('this phase cannot be skipped', 'PhaseAborted');
  return outcome;
}

function outcomeOf({ counts }: FilePromotionReport, confirm: boolean): FilePromotionOutcome {
  if (counts.keptBack > 0) return 'quarantined';
  return confirm ? 'done' : 'dry-run';
}
