import type { SignCounts } from '../activities/sign.ts';
import type { Throttling } from '../activities/traffic.ts';
import { addCounts } from './counts.ts';
import type { PhaseContext } from './phase-context.ts';
import { activitiesOf, policyOf, writingActivitiesOf } from './policies.ts';
import { newSweep, sweep, type SweepState } from './sweep.ts';

/** How far Sign or Attest has come; the draft is made when the phase begins. */
export interface SigningState {
  draft?: { readonly index: string; readonly sweep: SweepState };
}

/** Sign or Attest before it has begun. */
export function newSigningState(): SigningState {
  return {};
}

/** Sign: every digest that this run or an earlier one promoted and that lacks our signature. */
export async function runSign(context: PhaseContext, state: SigningState): Promise<'done' | 'continue' | 'skipped'> {
  return runSigning('sign', context, state);
}

/** Attest: one promotion attestation for each digest and identity; skipped when Sign was. */
export async function runAttest(context: PhaseContext, state: SigningState): Promise<'done' | 'continue' | 'skipped'> {
  const sign = context.board.read().phases.find(({ name }) => name === 'sign');
  if (sign?.state === 'skipped') {
    context.board.mark('attest', 'skipped', { note: 'Sign was skipped' });
    return 'skipped';
  }
  return runSigning('attest', context, state);
}

async function runSigning(
  phase: 'sign' | 'attest',
  { run, setup, board, brake }: PhaseContext,
  state: SigningState,
): Promise<'done' | 'continue' | 'skipped'> {
  const { request, hosts } = setup;
  if (request.sign === false) {
    board.mark(phase, 'skipped', { note: 'not asked for ("sign": false)' });
    return 'skipped';
  }
  const policy = policyOf(phase, request.policies?.[phase]);
  if (state.draft === undefined) {
    const { draftSigning } = activitiesOf(policy, 'list what is unsigned');
    const { index, shards } = await brake.run(() => draftSigning({}));
    state.draft = { index, sweep: newSweep(shards) };
  }
  const { index, sweep: progress } = state.draft;
  const { total } = progress;
  const input = { run, index, hosts };
  const annotations = request.annotations ?? {};
  const outcome = await sweep(
    progress,
    { lanes: policy.lanes, brake },
    (shard, from): Promise<Counts> => {
      const activities = writingActivitiesOf(policy, `${phase} ${shard + 1}/${total}`, setup);
      const part = { ...input, shard, ...(from === undefined ? {} : { from }) };
      return phase === 'sign' ? activities.signShard({ ...part, annotations }) : activities.attestShard(part);
    },
    (counts) => {
      board.slowed(counts);
      const signatures = board.read().signatures ?? NOTHING;
      board.update({ signatures: addCounts(signatures, { ...NOTHING, ...counts }) });
      board.mark(phase, 'running', { shards: { done: progress.done, total } });
    },
  );
  if (outcome === 'continue') return 'continue';
  const { signed, attested, valid, handed, failed } = board.read().signatures ?? NOTHING;
  if (failed > 0) {
    const { gatherQuarantine } = activitiesOf(policy, 'list the quarantine');
    board.update({ quarantine: await brake.run(() => gatherQuarantine({ run })) });
  }
  const made = phase === 'sign' ? `${signed} signed` : `${attested} attested`;
  board.mark(phase, 'done', { note: `${made}, ${valid} had been, ${handed} handed to mirrors` });
  return 'done';
}

type Counts = Throttling & Counted;
type Counted =
  SignCounts | { readonly attested: number; readonly valid: number; readonly handed: number; readonly failed: number };

const NOTHING = { signed: 0, attested: 0, valid: 0, handed: 0, failed: 0 };
