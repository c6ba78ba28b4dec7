import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import pMap from 'p-map';
import { startArenas, type Arenas } from './support/arenas.ts';
import { everyNth, killAtEach, spread, type Attempt, type Series, type SeriesState } from './support/kill-series.ts';
import { tryPromotion } from './support/promotion-trial.ts';
import { noteResult } from './support/record.ts';
import { prepareSweeps, SIGNED, trySweep } from './support/sweep-trial.ts';
import type { Kill, TrialResult, Victim } from './support/trial.ts';

// `npm run chaos` kills at every request; CHAOS_EVERY=10 makes that every tenth, CHAOS_FIRST=2 beginning with the second, and
// without CHAOS_EVERY there is a sample.
const { CHAOS_EVERY: every, CHAOS_FIRST: first = '1' } = process.env;
/** Trials side by side: they wait for timeouts most of the time. */
const AT_ONCE = every === undefined ? 1 : 2 * availableParallelism();
/** How many requests apart server and registry are killed when the worker is killed at each. */
const RARER = 20;
const SAMPLES: Readonly<Record<Victim, number>> = { worker: 4, temporal: 1, registry: 1 };

/** @param apart after how many requests a run is killed again */
function killsOf(victim: Victim, requests: number, apart: number): readonly Kill[] {
  if (every === undefined) return spread(victim, requests, SAMPLES[victim]);
  const choice = { every: Number(every) * (victim === 'worker' ? 1 : RARER), first: Number(first) };
  return everyNth(victim, choice, apart);
}

describe('killed at any request', function () {
  this.timeout(every === undefined ? '4m' : '24h');
  let arenas: Arenas;
  let undisturbed: TrialResult;
  before(async () => {
    arenas = await startArenas(AT_ONCE);
    const [first] = await pMap(arenas.all, (arena) => tryPromotion(arena, SIGNED));
    assert.deepEqual(first?.wrong, []);
    undisturbed = first;
  });
  after(() => arenas?.stop());

  /** @param apart after so many requests a run is killed again: less would leave it no time to get ahead */
  async function kill(
    name: string,
    attempt: Attempt,
    calm: TrialResult,
    victim: Victim,
    apart = calm.requests,
  ): Promise<void> {
    const watch = every === undefined ? () => {} : (state: SeriesState) => showProgress(`${name}, ${victim}`, state);
    const series: Series = { arenas: arenas.all, name, attempt, undisturbed: calm, watch };
    const result = await killAtEach(series, killsOf(victim, calm.requests, apart));
    const how = every === undefined ? 'sample' : Number(every);
    await noteResult({ kind: 'kills', what: name, every: how, first: Number(first), victim, ...result });
    assert.deepEqual(result.wrong, []);
    assert.ok(result.kills > 0);
  }

  describe('a promotion of six images to three registries, signed and attested, ends the same', () => {
    for (const victim of ['worker', 'temporal', 'registry'] as const) {
      it(`whenever ${nameOf(victim)} is killed`, () => kill('promotion', tryPromotion, undisturbed, victim, 400));
    }
  });

  describe('a sweep that replicates their signatures ends the same', () => {
    let undisturbedSweep: TrialResult;
    before(async () => {
      const [first] = await pMap(arenas.all, async (arena) => {
        await prepareSweeps(arena);
        return trySweep(arena, 'sweep');
      });
      assert.deepEqual(first?.wrong, []);
      undisturbedSweep = first;
    });

    for (const victim of ['worker', 'temporal', 'registry'] as const) {
      it(`whenever ${nameOf(victim)} is killed`, () => kill('sweep', trySweep, undisturbedSweep, victim));
    }
  });
});

/** A line after each tenth of the trials, and what was wrong by then. */
function showProgress(what: string, { trials, of, kills, seconds, wrong }: SeriesState): void {
  if (trials % Math.ceil(of / 10) > 0) return;
  const left = (seconds / trials) * (of - trials);
  const times = `${(seconds / 60).toFixed(1)} min, some ${(left / 60).toFixed(0)} left`;
  process.stderr.write(`      ${what}: ${trials} of ${of} trials, ${kills} kills, ${wrong.length} wrong, ${times}\n`);
  for (const one of wrong) process.stderr.write(`        ${one}\n`);
}

function nameOf(victim: Victim): string {
  return victim === 'temporal' ? 'Temporal’s server' : `the ${victim}`;
}
