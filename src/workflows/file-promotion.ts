import {
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { FileActivities } from '../activities/index.ts';
import type { FilePlan } from '../activities/plan-files.ts';
import { NO_BRAKE } from './brake.ts';
import { addFiles, NO_FILES, renderFiles } from './file-details.ts';
import {
  fileReport,
  type FilePromotionOutcome,
  type FilePromotionReport,
  type FilePromotionRequest,
} from './file-messages.ts';
import { newSweep, sweep, type SweepState } from './sweep.ts';
import { writingQueue } from './writing-queue.ts';

/** What a run hands to the one that continues it. */
export interface FilePromotionState {
  readonly report: FilePromotionReport;
  readonly plan: FilePlan;
  readonly progress: SweepState;
}

/** Shards worked on at once. */
const LANES = 2;

const STATES: Readonly<Record<FilePromotionOutcome, string>> = {
  running: 'Running',
  done: 'Done',
  'dry-run': 'DryRun',
  quarantined: 'Quarantined',
};

/** A shard takes as long as its files are large; another attempt goes on behind what this one has done. */
function activitiesFor(
  summary: string,
  { request, writesApart = false }: Partial<Pick<FilePlan, 'request' | 'writesApart'>> = {},
): FileActivities {
  return proxyActivities<FileActivities>({
    ...(writesApart ? { taskQueue: writingQueue(workflowInfo().taskQueue) } : {}),
    startToCloseTimeout: '12 hours',
    heartbeatTimeout: request?.heartbeat ?? 30_000,
    retry: { maximumAttempts: request?.attempts ?? 8, initialInterval: '2 seconds', maximumInterval: '2 minutes' },
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    summary,
  });
}

/**
 * Brings the files that manifests list to their destinations. What is there already is left alone, what cannot be promoted
 * is kept back and reported, and the rest arrives.
 *
 * @returns the report, with outcome `quarantined` when files were kept back
 * @throws ApplicationFailure when the request or its manifests cannot be used, or no bucket be listed
 */
export async function filePromotion(
  request: FilePromotionRequest,
  continued?: FilePromotionState,
): Promise<FilePromotionReport> {
  const { firstExecutionRunId: run } = workflowInfo();
  let report: FilePromotionReport = continued?.report ?? {
    outcome: 'running',
    run,
    total: 0,
    shards: { done: 0, total: 0 },
    counts: NO_FILES,
    samples: [],
    startedAt: Date.now(),
  };
  const show = (change: Partial<FilePromotionReport>): void => {
    report = { ...report, ...change };
    setCurrentDetails(renderFiles(report));
  };
  setHandler(fileReport, () => report, { description: 'How far it is, what it copied, what it kept back and why' });
  if (continued === undefined) showState(report);

  const plan = continued?.plan ?? (await activitiesFor('look what is there').planFiles({ run, request }));
  const { shards: total, index } = plan;
  if (continued === undefined) {
    const { counts, samples } = plan;
    show({ counts, samples, total: plan.total, shards: { done: 0, total } });
  }
  const progress = continued?.progress ?? newSweep(total);
  const outcome = await sweep(
    progress,
    { lanes: LANES, brake: NO_BRAKE },
    (shard) =>
      activitiesFor(`files ${shard + 1}/${total}`, plan).promoteFiles({
        run,
        request: plan.request,
        index,
        shard,
      }),
    (tally) => show({ ...addFiles(report, tally), shards: { done: report.shards.done + 1, total } }),
  );
  if (outcome === 'continue') return continueAsNew<typeof filePromotion>(request, { report, plan, progress });
  show({ outcome: outcomeOf(report, plan.request.confirm), endedAt: Date.now() });
  showState(report);
  return report;
}

function outcomeOf({ counts }: FilePromotionReport, confirm: boolean): FilePromotionOutcome {
  if (counts.keptBack > 0) return 'quarantined';
  return confirm ? 'done' : 'dry-run';
}

function showState({ outcome }: FilePromotionReport): void {
  upsertSearchAttributes([{ key: { name: 'PromoterState', type: 'KEYWORD' }, value: STATES[outcome] }]);
}
