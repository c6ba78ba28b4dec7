import assert from 'node:assert/strict';
import pMap from 'p-map';
import { startArena, type Arena } from './support/arena.ts';
import type { FaultCase } from './support/fault-case.ts';
import { FAULT_CASES, faultsOf } from './support/fault-cases.ts';
import { tryFault, type FaultOutcome } from './support/fault-trial.ts';
import { noteResult } from './support/record.ts';

// `npm run chaos` tries all; with the tests, those that take seconds.
const cases = FAULT_CASES.filter(({ quick }) => quick || process.env['CHAOS_EVERY'] !== undefined);
const AT_ONCE = 8;

describe('a promotion that meets a fault', function () {
  this.timeout('20m');
  let arena: Arena;
  const outcomes = new Map<FaultCase, FaultOutcome | Error>();

  before(async () => {
    arena = await startArena();
    await pMap(
      cases.entries(),
      async ([at, one]) => {
        outcomes.set(
          one,
          await tryFault(arena, `fault-${at}`, { faults: faultsOf(one) }).catch((error: Error) => error),
        );
      },
      { concurrency: AT_ONCE },
    );
  });
  after(() => arena?.stop());

  for (const one of cases) {
    const { fault, place, wanted, kpromo } = one;
    it(`ends in order, and says why if not all has arrived: ${fault} (${place})`, async () => {
      const result = outcomes.get(one);
      if (result === undefined || result instanceof Error) throw result ?? new Error('it was not tried');
      await noteResult({ kind: 'fault', fault, place, ...(kpromo === undefined ? {} : { kpromo }), ...result });
      assert.deepEqual(result.wrong, []);
      // What is done has arrived whole, as was looked at: a fault may also have been got over.
      if (result.outcome !== 'done') assert.match(result.message ?? '', wanted === 'done' ? /^$/ : wanted);
    });
  }
});
