import { transferredAgain, type Kill, type TrialResult, type Victim } from './trial.ts';
import type { Arena } from './arena.ts';

/** Tries something once undisturbed, and then with a kill. */
export type Attempt = (trial: string, kill?: Kill) => Promise<TrialResult>;

/** What came of kills of one victim at many requests. */
export interface SeriesResult {
  readonly victim: Victim;
  /** Requests of the undisturbed trial. */
  readonly requests: number;
  readonly kills: number;
  readonly seconds: number;
  readonly wrong: readonly string[];
}

export interface Series {
  readonly arena: Arena;
  readonly name: string;
  readonly attempt: Attempt;
  readonly undisturbed: TrialResult;
}

/** Kills a victim at each of these requests, in a trial for each. */
export async function killAtEach(
  { arena, name, attempt, undisturbed }: Series,
  victim: Victim,
  points: readonly number[],
): Promise<SeriesResult> {
  const start = performance.now();
  const wrong: string[] = [];
  let kills = 0;
  for (const at of points) {
    const result = await attempt(`${name}-${victim}-${at}`, { at, victim });
    if (result.killed) kills += 1;
    const again = transferredAgain(arena, result.transfers, undisturbed.transfers);
    wrong.push(...[...result.wrong, ...again].map((what) => `${victim} killed at request ${at}: ${what}`));
  }
  return { victim, requests: undisturbed.requests, kills, seconds: (performance.now() - start) / 1000, wrong };
}

/** Every n-th request, beginning with the first. */
export function everyNth(requests: number, every: number): readonly number[] {
  return Array.from({ length: Math.ceil(requests / every) }, (_, at) => 1 + at * every);
}

/** So many requests, spread over all of them. */
export function spread(requests: number, points: number): readonly number[] {
  return Array.from({ length: points }, (_, at) => Math.ceil(((at + 0.5) * requests) / points));
}
