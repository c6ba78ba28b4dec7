import { ApplicationFailure, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { FileActivities } from '../activities/index.ts';
import type { FilePlan } from '../activities/plan-files.ts';
import type { UnsettledFiles } from '../activities/promote-files.ts';
import { NO_BRAKE } from './brake.ts';
import type { FileBoard } from './file-board.ts';
import { addFiles } from './file-details.ts';
import { newSweep, sweep, type SweepState } from './sweep.ts';
import { writingQueue } from './writing-queue.ts';

/** How far the shards have come, and which of them wait for a bucket. */
export interface FileSweep extends SweepState {
  unsettled?: (UnsettledFiles & { readonly shard: number })[];
}

/** Shards worked on at once. */
const LANES = 2;

/** A sweep that has not begun. */
export function newFileSweep(shards: number): FileSweep {
  return newSweep(shards);
}

/** A shard takes as long as its files are large; another attempt goes on behind what this one has done. */
export function fileActivities(
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
 * Promotes the files of every shard. One that waits for a bucket does not hold up the others.
 *
 * @throws ApplicationFailure `BucketUnavailable` when shards wait in the end; called again, it goes on with them
 */
export async function sweepFiles(state: FileSweep, plan: FilePlan, board: FileBoard): Promise<'done' | 'continue'> {
  const { run } = board.read();
  const { request, index, shards: total } = plan;
  const outcome = await sweep(
    state,
    { lanes: LANES, brake: NO_BRAKE },
    async (shard, from) => {
      const activities = fileActivities(`files ${shard + 1}/${total}`, plan);
      const input = { run, request, index, shard, ...(from === undefined ? {} : { from }) };
      return { shard, ...(await activities.promoteFiles(input)) };
    },
    ({ shard, unsettled, ...tally }) => {
      if (unsettled === undefined) {
        const { shards } = board.read();
        board.update({ ...addFiles(board.read(), tally), shards: { done: shards.done + 1, total } });
        board.mark('promote', 'running', { shards: board.read().shards });
      } else state.unsettled = [...(state.unsettled ?? []), { shard, ...unsettled }];
    },
  );
  if (outcome === 'continue') return outcome;
  const { unsettled = [] } = state;
  delete state.unsettled;
  const [first] = unsettled;
  if (first === undefined) {
    const { counts } = board.read();
    board.mark('promote', 'done', { note: `${counts.copied} copied, ${counts.present} there already` });
    return 'done';
  }
  for (const { shard, position } of unsettled) {
    state.done--;
    state.pending.push(shard);
    state.positions = { ...state.positions, [shard]: position };
  }
  const files = unsettled.reduce((sum, one) => sum + one.files, 0);
  throw ApplicationFailure.nonRetryable(
    `${files} files could not be promoted yet: ${first.reason}`,
    'BucketUnavailable',
  );
}
