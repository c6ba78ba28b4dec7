import { workflowInfo } from '@temporalio/workflow';
import type { Brake } from './brake.ts';
import type { Turnover } from './turnover.ts';

/** How far a sweep over shards has come; it is carried over when the workflow continues as new. */
export interface SweepState {
  readonly total: number;
  /** The first shard that no lane has taken yet. */
  next: number;
  /** Shards that were taken and did not finish. */
  pending: number[];
  done: number;
  /** Where shards that were stopped go on, by reference into the plan store. */
  positions?: Record<number, string>;
}

export interface SweepOptions {
  /** Shards worked on at once. */
  readonly lanes: number;
  readonly brake: Pick<Brake, 'isOn' | 'released' | 'guard'>;
  /** When the rest is for the next run; when history has grown long unless given. */
  readonly turnover?: Pick<Turnover, 'isDue'>;
  /** `false` where the sweep has to end in this run, however long history grows. */
  readonly mayContinue?: boolean;
}

/** A sweep that has not begun. */
export function newSweep(total: number): SweepState {
  return { total, next: 0, pending: [], done: 0 };
}

/**
 * Works through shards side by side: lanes take the next shard from a shared cursor, so that a slow shard holds up its own
 * lane only. Once one fails no further shard is taken, those under way finish, and the first failure is thrown; the state
 * then holds what is left, for whoever tries again. While the brake is on nothing is taken, and what it stopped is left.
 *
 * @param work `from` is where a shard that was stopped goes on
 * @returns `continue` when the rest is for the next run
 */
export async function sweep<R>(
  state: SweepState,
  { lanes, brake, turnover, mayContinue = true }: SweepOptions,
  work: (shard: number, from?: string) => Promise<R>,
  absorb: (result: R) => void,
): Promise<'done' | 'continue'> {
  let failure: unknown;
  const isLong = (): boolean => mayContinue && (turnover?.isDue() ?? workflowInfo().continueAsNewSuggested);
  const lane = async (): Promise<void> => {
    while (failure === undefined && !isLong() && !brake.isOn()) {
      const shard = takeShard(state);
      if (shard === undefined) return;
      try {
        // Two statements: `x += await y` would read x before the wait and lose what other lanes add meanwhile.
        const outcome = await brake.guard(() => work(shard, state.positions?.[shard]));
        if (outcome.kind === 'stopped') putBack(state, shard, outcome.position);
        else {
          state.done++;
          delete state.positions?.[shard];
          absorb(outcome.result);
        }
      } catch (error) {
        putBack(state, shard);
        failure ??= error;
      }
    }
  };
  while (state.pending.length > 0 || state.next < state.total) {
    await brake.released(isLong);
    if (isLong()) return 'continue';
    await Promise.all(Array.from({ length: Math.min(lanes, state.total) }, lane));
    if (failure !== undefined) throw failure;
  }
  return 'done';
}

function takeShard(state: SweepState): number | undefined {
  const pending = state.pending.shift();
  if (pending !== undefined) return pending;
  return state.next < state.total ? state.next++ : undefined;
}

function putBack(state: SweepState, shard: number, position?: string): void {
  state.pending.push(shard);
  if (position !== undefined) state.positions = { ...state.positions, [shard]: position };
}
