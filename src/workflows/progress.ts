import type { SetupResult } from '../activities/setup.ts';
import type { Board } from './board.ts';
import type { Worklist } from './messages.ts';
import { newPromoteState, type PromoteState } from './promote-phase.ts';
import { newSigningState, type SigningState } from './sign-phases.ts';
import { newSweep, type SweepState } from './sweep.ts';
import { worklistOf } from './worklist.ts';

/** How far each phase that works through shards has come. */
export interface Progress {
  readonly provenance: SweepState;
  readonly validate: SweepState;
  readonly promote: PromoteState;
  readonly sign: SigningState;
  readonly attest: SigningState;
}

interface Work {
  readonly setup: SetupResult;
  readonly progress: Progress;
}

/** A run before its first shard. */
export function newProgress({ digest, shards }: Worklist): Progress {
  return {
    provenance: newSweep(shards),
    validate: newSweep(shards),
    promote: newPromoteState(digest, shards),
    sign: newSigningState(),
    attest: newSigningState(),
  };
}

/**
 * What the run that continues this one works on: more, where destinations were added. Every phase from Provenance on then
 * begins again behind the shards that it is done with, and what was approved was another plan.
 */
export function takeAdditions(board: Board, { setup, progress }: Work): Work {
  const { added } = board.read();
  const worklist = worklistOf(board.read());
  const { provenance, validate, promote } = progress;
  if (added === undefined || worklist === undefined || provenance.total === worklist.shards) return { setup, progress };
  const { digest: index, shards: total } = worklist;
  const note = `for ${added.destinations.at(-1)?.destination}`;
  for (const phase of ['provenance', 'validate', 'promote'] as const) board.mark(phase, 'pending', { note });
  board.update({ approval: undefined, freeze: undefined });
  return {
    setup: { ...setup, hosts: withHosts(setup.hosts, added.destinations) },
    progress: {
      ...progress,
      provenance: { ...provenance, total },
      validate: { ...validate, total },
      promote: { ...promote, index, sweep: { ...promote.sweep, total } },
    },
  };
}

function withHosts(hosts: readonly string[], added: readonly { readonly destination: string }[]): readonly string[] {
  return [...new Set([...hosts, ...added.map(({ destination }) => destination.split('/', 1)[0] ?? destination)])];
}
