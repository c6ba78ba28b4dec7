import { ApplicationFailure, sleep } from '@temporalio/workflow';
import type { Board } from './board.ts';
import { addCounts } from './counts.ts';
import type { PhaseContext } from './phase-context.ts';
import { activitiesOf, policyOf, RESIDUE, writingActivitiesOf, type PhasePolicy } from './policies.ts';
import { countResidue } from './run-metrics.ts';
import { newSweep, sweep, type SweepState } from './sweep.ts';

/** How far Promote has come. */
export interface PromoteState {
  /** The plan, or the residue of the round before. */
  index: string;
  round: number;
  sweep: SweepState;
  /** Whether all shards of the plan so far said that nothing is left of them; of earlier versions none does. */
  clean?: boolean;
}

/** Promote before its first shard. */
export function newPromoteState(index: string, shards: number): PromoteState {
  return { index, round: 0, sweep: newSweep(shards), clean: true };
}

/** Promote: copy shard by shard, then try what failed again in rounds, and quarantine what outlives them. */
export async function runPromote(context: PhaseContext, state: PromoteState): Promise<'done' | 'continue'> {
  const { run, setup, board, brake, turnover } = context;
  const policy = policyOf('promote', setup.request.policies?.promote);
  const { commit } = setup.request;
  board.mark('promote', 'running', { note: '' });
  for (;;) {
    const { index, round } = state;
    const { total } = state.sweep;
    const label = round === 0 ? 'promote' : `round ${round + 1},`;
    const outcome = await sweep(
      state.sweep,
      { lanes: policy.lanes, brake, turnover },
      (shard, from) =>
        writingActivitiesOf(policy, `${label} ${shard + 1}/${total}`, setup).promoteShard({
          run,
          index,
          shard,
          round,
          ...withheldOf(board),
          ...(from === undefined ? {} : { from }),
          ...(commit === undefined ? {} : { commit }),
        }),
      (result) => {
        const { counts } = result;
        state.clean &&= result.clean === true;
        board.slowed(result);
        board.update({ copied: addCounts(board.read().copied, counts) });
        board.mark('promote', 'running', { shards: { done: state.sweep.done, total } });
      },
    );
    // What failed is looked at when nothing is left to be worked through.
    if (outcome === 'continue' || turnover.isAsked()) return 'continue';
    if (await settleResidue(context, policy, state)) break;
  }
  const { copied } = board.read();
  board.mark('promote', 'done', { note: `${copied.edges} edges copied, ${copied.present} found there` });
  return 'done';
}

/** Takes care of what a round left; whether that was the last of it. */
async function settleResidue(
  { run, setup, board, brake, turnover }: PhaseContext,
  policy: PhasePolicy,
  state: PromoteState,
): Promise<boolean> {
  if (state.sweep.total === 0) return true;
  const { round } = state;
  const orders = board.read().withheld;
  // An operator may be giving an edge free, or adding a destination, at this moment.
  const isSettled = async (): Promise<boolean> => {
    await brake.released();
    return board.read().withheld === orders && !turnover.isAsked();
  };
  if (state.clean === true && orders === undefined) return isSettled();
  const { gatherResidue } = activitiesOf(policy, 'look at what failed');
  const left = await brake.run(() => gatherResidue({ run, round, ...withheldOf(board) }));
  if (left.shards === 0) {
    board.update({ quarantine: left.quarantine });
    return isSettled();
  }
  await brake.released();
  if (turnover.isAsked()) return false;
  countResidue(left.edges);
  const again = (next: number): void => {
    Object.assign(state, { index: left.index, round: next, sweep: newSweep(left.shards), clean: false });
  };
  const rounds = setup.request.policies?.promote?.residueRounds ?? RESIDUE.rounds;
  if (round < rounds || left.released > 0) {
    const pause = Math.min(RESIDUE.firstPause * 4 ** round, RESIDUE.longestPause);
    board.mark('promote', 'running', {
      note: `${left.edges} edges to try again: ${left.reason ?? 'an operator has given them free'}`,
    });
    const summary = `wait before trying ${left.edges} edges again`;
    await sleep(Math.max(pause, (left.retryAt ?? 0) - Date.now()), { summary });
    await brake.released();
    if (turnover.isAsked()) return false;
    again(round + 1);
    return false;
  }
  const { edges, present } = board.read().copied;
  if (edges + present === 0 && left.quarantine.edges === 0) {
    again(0);
    throw ApplicationFailure.nonRetryable(
      `no destination could be written to; ${left.edges} edges wait: ${left.reason}`,
      'NothingPromoted',
    );
  }
  const { quarantineResidue } = activitiesOf(policy, 'give up what keeps failing');
  board.update({ quarantine: await brake.run(() => quarantineResidue({ run, round })) });
  return isSettled();
}

/** What operators keep back, as activities take it. */
function withheldOf(board: Board): { readonly withheld?: string } {
  const { withheld } = board.read();
  return withheld === undefined ? {} : { withheld: withheld.list };
}
