import { workflowInfo } from '@temporalio/workflow';

/** How far a sweep over shards has come; it is carried over when the workflow continues as new. */
export interface SweepState {
  readonly total: number;
  /** The first shard that no lane has taken yet. */
  next: number;
  /** Shards that were taken and did not finish. */
  pending: number[];
  done: number;
}

/** A sweep that has not begun. */
export function newSweep(total: number): SweepState {
  return { total, next: 0, pending: [], done: 0 };
}

/**
 * Works through shards side by side: lanes take the next shard from a shared cursor, so that a slow shard holds up its own
 * lane only. Once one fails no further shard is taken, those under way finish, and the first failure is thrown; the state
 * then holds what is left, for whoever tries again.
 *
 * @param mayContinue `false` where the sweep has to end in this run, however long history grows
 * @returns `continue` when history has grown long enough that the rest is for the next run
 */
export async function sweep<R>(
  state: SweepState,
  lanes: number,
  work: (shard: number) => Promise<R>,
  absorb: (result: R) => void,
  mayContinue = true,
): Promise<'done' | 'continue'> {
  let failure: unknown;
  const isLong = (): boolean => mayContinue && workflowInfo().continueAsNewSuggested;
  const lane = async (): Promise<void> => {
    while (failure === undefined && !isLong()) {
      const shard = takeShard(state);
      if (shard === undefined) return;
      try {
        // Two statements: `x += await y` would read x before the wait and lose what other lanes add meanwhile.
        const result = await work(shard);
        state.done++;
        absorb(result);
      } catch (error) {
        state.pending.push(shard);
        failure ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, state.total) }, lane));
  if (failure !== undefined) throw failure;
  return state.pending.length > 0 || state.next < state.total ? 'continue' : 'done';
}

function takeShard(state: SweepState): number | undefined {
  const pending = state.pending.shift();
  if (pending !== undefined) return pending;
  return state.next < state.total ? state.next++ : undefined;
}
