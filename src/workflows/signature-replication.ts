import {
  CancellationScope,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { ReplicationActivities } from '../activities/index.ts';
import type { ReplicationDraft } from '../activities/replication.ts';
import { NO_BRAKE } from './brake.ts';
import { renderReplication } from './replication-details.ts';
import { addTally, BLANK_TALLY, outcomeOf } from './replication-report.ts';
import { replicationReport, type ReplicationReport, type ReplicationRequest } from './replication-messages.ts';
import { tellOfStaleMirrors } from './stale-mirrors.ts';
import { newSweep, sweep, type SweepState } from './sweep.ts';

/** What a run hands to the one that continues it. */
export interface ReplicationState {
  readonly report: ReplicationReport;
  readonly draft: ReplicationDraft;
  readonly progress: SweepState;
}

/** Shards worked on at once. */
const LANES = 2;

/**
 * A shard takes as long as its signatures and the budget of the slowest mirror make it; another attempt goes on where it
 * was. There is no hold: what cannot be done now is residue, and the next run's.
 */
function activitiesFor(summary: string, heartbeatTimeout = 30_000): ReplicationActivities {
  return proxyActivities<ReplicationActivities>({
    startToCloseTimeout: '12 hours',
    heartbeatTimeout,
    retry: { maximumAttempts: 8, initialInterval: '2 seconds', maximumInterval: '2 minutes' },
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    summary,
  });
}

/**
 * Makes every mirror have the signatures and attestations that its canonical repository has. Unchanged sources cost one
 * listing each; whatever fails is reported and left to the next run.
 *
 * @returns the report, with outcome `residue` when not every mirror has everything
 * @throws ApplicationFailure when the request or its manifests cannot be used, or the plan store not be reached
 */
export async function signatureReplication(
  request: ReplicationRequest,
  continued?: ReplicationState,
): Promise<ReplicationReport> {
  const { firstExecutionRunId: run } = workflowInfo();
  let report: ReplicationReport = continued?.report ?? {
    ...BLANK_TALLY,
    outcome: 'running',
    sources: { done: 0, total: 0 },
    pairs: 0,
    startedAt: Date.now(),
    warnings: [],
  };
  const show = (change: Partial<ReplicationReport>): void => {
    report = { ...report, ...change };
    setCurrentDetails(renderReplication(report, Date.now()));
  };
  setHandler(replicationReport, () => report, {
    description: 'How far it is, what it found, and what it could not do',
  });
  if (continued === undefined) showState('Running');

  const draft =
    continued?.draft ?? (await activitiesFor('find out whose signatures belong where').draftReplication({ request }));
  const progress = continued?.progress ?? newSweep(draft.shards);
  const { sources: total, pairs, warnings, index, audits, commit } = draft;
  show({
    pairs,
    warnings,
    sources: { done: report.sources.done, total },
    ...(commit === undefined ? {} : { commit }),
  });
  if (commit !== undefined)
    upsertSearchAttributes([{ key: { name: 'PromoterCommit', type: 'KEYWORD' }, value: commit }]);
  const settle = (): Promise<void> =>
    activitiesFor('clear up').settleReplication({
      run,
      residue: report.residue.count,
      ...(report.oldest === undefined ? {} : { oldest: report.oldest }),
      ...(report.oldestRead === undefined ? {} : { oldestRead: report.oldestRead }),
    });
  let outcome: 'done' | 'continue';
  try {
    outcome = await sweep(
      progress,
      { lanes: LANES, brake: NO_BRAKE },
      (shard) =>
        activitiesFor(`sources ${shard + 1}/${draft.shards}`, draft.request.heartbeat).replicateShard({
          run,
          request: draft.request,
          index,
          audits,
          shard,
        }),
      ({ sources, ...tally }) =>
        show({ ...addTally(report, tally), sources: { done: report.sources.done + sources, total } }),
    );
  } catch (error) {
    // Cancelled, or failed for good: nobody comes back for what is on record.
    await CancellationScope.nonCancellable(settle);
    throw error;
  }
  if (outcome === 'continue') {
    return continueAsNew<typeof signatureReplication>(request, { report, draft, progress });
  }
  await settle();
  await tellOfStaleMirrors(report, draft);
  show({ outcome: outcomeOf(report, draft.request.confirm), endedAt: Date.now() });
  showState(report.outcome === 'residue' ? 'Residue' : report.outcome === 'dry-run' ? 'DryRun' : 'Done');
  return report;
}

function showState(value: string): void {
  upsertSearchAttributes([{ key: { name: 'PromoterState', type: 'KEYWORD' }, value }]);
}
