import { describeThrown } from '../../../src/client/failure-text.ts';
import { transferredAgain, type Kill, type TrialResult, type Victim } from './trial.ts';
import type { Arena } from './arena.ts';

/** Tries something once undisturbed, and then with kills. */
export type Attempt = (arena: Arena, trial: string, kill?: Kill) => Promise<TrialResult>;

/** What came of kills of one victim at many requests. */
export interface SeriesResult {
  readonly victim: Victim;
  /** Requests of the undisturbed trial. */
  readonly requests: number;
  readonly trials: number;
  readonly kills: number;
  readonly seconds: number;
  readonly wrong: readonly string[];
}

export interface Series {
  /** Trials go on side by side, one in each. */
  readonly arenas: readonly Arena[];
  readonly name: string;
  readonly attempt: Attempt;
  readonly undisturbed: TrialResult;
  /** Told after each trial how far it is. */
  readonly watch?: (state: SeriesState) => void;
}

/** Which requests there is a kill at: the first, and every n-th after it. */
export interface Choice {
  readonly every: number;
  readonly first: number;
}

/** How far a series is. */
export interface SeriesState {
  readonly trials: number;
  readonly of: number;
  readonly kills: number;
  readonly seconds: number;
  readonly wrong: readonly string[];
}

/** Makes one trial for each of these kills. */
export async function killAtEach(
  { arenas, name, attempt, undisturbed, watch = () => {} }: Series,
  kills: readonly Kill[],
): Promise<Omit<SeriesResult, 'victim'>> {
  const start = performance.now();
  const secondsNow = (): number => (performance.now() - start) / 1000;
  const left = [...kills];
  const wrong: string[] = [];
  let trials = 0;
  let came = 0;
  async function workThrough(arena: Arena): Promise<void> {
    for (let kill = left.shift(); kill !== undefined; kill = left.shift()) {
      const { victim, at, apart } = kill;
      const when = `${victim} killed at request ${at}${apart === undefined ? '' : ` and every ${apart} later`}`;
      try {
        const result = await attempt(arena, `${name}-${victim}-${at}`, kill);
        came += result.kills;
        const again = transferredAgain(arena, result, undisturbed.transfers);
        wrong.push(...[...result.wrong, ...again].map((what) => `${when}: ${what}`));
      } catch (error) {
        // One that fails is found like anything else that is wrong; the others go on.
        wrong.push(`${when}: ${describeThrown(error)}`);
      }
      trials += 1;
      watch({ trials, of: kills.length, kills: came, seconds: secondsNow(), wrong });
    }
  }
  await Promise.all(arenas.map(workThrough));
  return { requests: undisturbed.requests, trials, kills: came, seconds: secondsNow(), wrong };
}

/**
 * Kills at every n-th request, however many there are: one trial begins with the first, the next with the n-th after it,
 * and so on, and each goes on killing so far apart that the work gets ahead in between.
 */
export function everyNth(victim: Victim, { every, first }: Choice, apart: number): readonly Kill[] {
  const trials = Math.max(1, Math.round(apart / every));
  return Array.from({ length: trials }, (_, at) => ({ victim, at: first + at * every, apart: trials * every }));
}

/** One kill in each of some trials, spread over all requests. */
export function spread(victim: Victim, requests: number, trials: number): readonly Kill[] {
  return Array.from({ length: trials }, (_, at) => ({ victim, at: Math.ceil(((at + 0.5) * requests) / trials) }));
}
