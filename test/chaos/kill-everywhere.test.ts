import assert from 'node:assert/strict';
import { startArena, type Arena } from './support/arena.ts';
import { everyNth, killAtEach, spread, type Attempt, type Series } from './support/kill-series.ts';
import { tryPromotion } from './support/promotion-trial.ts';
import { noteResult } from './support/record.ts';
import { prepareSweeps, SIGNED, trySweep } from './support/sweep-trial.ts';
import type { TrialResult, Victim } from './support/trial.ts';

// `npm run chaos` kills at every request; CHAOS_EVERY=10 makes that every tenth, and without it there is a sample.
const { CHAOS_EVERY: every } = process.env;
/** How many requests apart server and registry are killed when the worker is killed at each. */
const RARER = 20;
const SAMPLES: Readonly<Record<Victim, number>> = { worker: 4, temporal: 1, registry: 1 };

function pointsFor(victim: Victim, requests: number): readonly number[] {
  if (every === undefined) return spread(requests, SAMPLES[victim]);
  return everyNth(requests, Number(every) * (victim === 'worker' ? 1 : RARER));
}

describe('killed at any request', function () {
  this.timeout(every === undefined ? '4m' : '24h');
  let arena: Arena;
  let undisturbed: TrialResult;
  before(async () => {
    arena = await startArena();
    undisturbed = await tryPromotion(arena, SIGNED);
    assert.deepEqual(undisturbed.wrong, []);
  });
  after(() => arena?.stop());

  async function kill(name: string, attempt: Attempt, first: TrialResult, victim: Victim): Promise<void> {
    const series: Series = { arena, name, attempt, undisturbed: first };
    const result = await killAtEach(series, victim, pointsFor(victim, first.requests));
    await noteResult({ kind: 'kills', what: name, every: every === undefined ? 'sample' : Number(every), ...result });
    assert.deepEqual(result.wrong, []);
    assert.ok(result.kills > 0);
  }

  describe('a promotion of six images to three registries, signed and attested, ends the same', () => {
    for (const victim of ['worker', 'temporal', 'registry'] as const) {
      it(`whenever ${nameOf(victim)} is killed`, () =>
        kill('promotion', (...trial) => tryPromotion(arena, ...trial), undisturbed, victim));
    }
  });

  describe('a sweep that replicates their signatures ends the same', () => {
    let undisturbedSweep: TrialResult;
    before(async () => {
      await prepareSweeps(arena);
      undisturbedSweep = await trySweep(arena, 'sweep');
      assert.deepEqual(undisturbedSweep.wrong, []);
    });

    for (const victim of ['worker', 'temporal', 'registry'] as const) {
      it(`whenever ${nameOf(victim)} is killed`, () =>
        kill('sweep', (...trial) => trySweep(arena, ...trial), undisturbedSweep, victim));
    }
  });
});

function nameOf(victim: Victim): string {
  return victim === 'temporal' ? 'Temporal’s server' : `the ${victim}`;
}
