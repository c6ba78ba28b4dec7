import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import type { HostBudgetOptions } from '../../src/registry/host-budget.ts';
import { HostBudget } from '../../src/registry/host-budget.ts';
import { createFakeClock, settle } from './fake-clock.ts';

function budgetWith(options: Partial<HostBudgetOptions> = {}) {
  const clock = createFakeClock();
  const budget = new HostBudget({
    host: 'registry.example',
    requestsPerSecond: 5,
    concurrency: 100,
    maxPauseMs: 30_000,
    clock,
    ...options,
  });
  const admitted: number[] = [];
  const refused: unknown[] = [];
  /** Asks for turns, and notes in which order they come. */
  const ask = (...names: readonly number[]) => {
    for (const name of names) {
      Promise.resolve(budget.enter(`read ${name}`)).then(
        () => admitted.push(name),
        (error: unknown) => refused.push(error),
      );
    }
  };
  return { clock, budget, ask, admitted, refused };
}

describe('host budget', () => {
  it('lets the first through without a detour', () => {
    const { budget } = budgetWith();
    assert.equal(typeof budget.enter('read'), 'number');
  });

  it('lets so many a second through, in their order', async () => {
    const { clock, ask, admitted } = budgetWith();
    ask(1, 2, 3, 4);
    await clock.advance(0);
    assert.deepEqual(admitted, [1]);
    await clock.advance(200);
    assert.deepEqual(admitted, [1, 2]);
    await clock.advance(400);
    assert.deepEqual(admitted, [1, 2, 3, 4]);
  });

  it('lets so many through at a time', async () => {
    const { clock, budget, ask, admitted } = budgetWith({ requestsPerSecond: 1_000, concurrency: 2 });
    ask(1, 2, 3);
    await clock.advance(1_000);
    assert.deepEqual(admitted, [1, 2]);
    budget.leave(clock.now());
    await settle();
    assert.deepEqual(admitted, [1, 2, 3]);
    assert.equal(budget.view().inFlight, 2);
  });

  it('keeps everybody away for as long as the host asks', async () => {
    const { clock, budget, ask, admitted } = budgetWith({ requestsPerSecond: 1_000 });
    const sentAt = await budget.enter('read');
    budget.leave(sentAt, { throttled: true, retryAfterMs: 3_000 });
    ask(1);
    await clock.advance(2_999);
    assert.deepEqual(admitted, []);
    await clock.advance(1);
    assert.deepEqual(admitted, [1]);
  });

  it('sends callers away, waiting ones too, when the host asks for too long a pause', async () => {
    const { budget, clock, ask, admitted, refused } = budgetWith({ requestsPerSecond: 1_000, concurrency: 1 });
    const sentAt = await budget.enter('read');
    ask(1);
    await settle();
    budget.leave(sentAt, { throttled: true, retryAfterMs: 60_000 });
    ask(2);
    await settle();
    assert.deepEqual(admitted, []);
    assert.equal(refused.length, 2);
    const [error] = refused;
    assert.ok(error instanceof PromoterError && error.code === 'RegistryThrottled');
    assert.equal(error.retryAfterMs, 60_000);
    assert.match(error.message, /^could not read 1: registry\.example asks for no requests for another 60 s/);
    await clock.advance(60_000);
    ask(3);
    await settle();
    assert.deepEqual(admitted, [3]);
  });

  it('waits for the end of a window that is used up, and slows down before', async () => {
    const { budget, ask, admitted, clock } = budgetWith({ requestsPerSecond: 100 });
    const sentAt = await budget.enter('read');
    budget.leave(sentAt, { throttled: false, rateLimit: { remaining: 4, limit: 100, resetMs: 2_000 } });
    assert.equal(budget.view().requestsPerSecond, 2);
    budget.leave(await budget.enter('read'), { throttled: false, rateLimit: { remaining: 0, resetMs: 5_000 } });
    ask(1);
    await clock.advance(4_999);
    assert.deepEqual(admitted, []);
    await clock.advance(1_000);
    assert.deepEqual(admitted, [1]);
  });

  it('lets go of a caller that gives up', async () => {
    const { budget, clock, ask, admitted } = budgetWith({ concurrency: 1, requestsPerSecond: 1_000 });
    const sentAt = await budget.enter('read');
    const gone = new AbortController();
    const reason = new Error('cancelled');
    const turn = budget.enter('read', gone.signal);
    ask(2);
    gone.abort(reason);
    await assert.rejects(Promise.resolve(turn), reason);
    budget.leave(sentAt);
    await settle();
    assert.deepEqual(admitted, [2]);
    assert.equal(clock.timers(), 0);
  });

  it('obeys a ceiling set later', async () => {
    const { budget, clock, ask, admitted } = budgetWith({ requestsPerSecond: 1 });
    ask(1, 2);
    await clock.advance(10);
    budget.setCeiling(100);
    await clock.advance(10);
    assert.deepEqual(admitted, [1, 2]);
    assert.equal(budget.view().ceiling, 100);
  });
});
