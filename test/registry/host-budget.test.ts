import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import type { HostBudgetOptions } from '../../src/registry/host-budget.ts';
import { HostBudget } from '../../src/registry/host-budget.ts';
import type { RateLimit } from '../../src/registry/rate-limit-headers.ts';
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

  it('has others wait in line also when there is room', async () => {
    const { clock, budget, ask, admitted } = budgetWith({ requestsPerSecond: 10 });
    ask(1, 2);
    await clock.advance(99);
    // The turn has nearly come, and goes to the one who waits.
    assert.ok(budget.enter('read') instanceof Promise);
    await clock.advance(2);
    assert.deepEqual(admitted, [1, 2]);
    assert.equal(budget.view().waiting, 1);
  });

  it('lets more through at a time with what is granted, and never more than it may', async () => {
    const { clock, budget } = budgetWith({ requestsPerSecond: 1_000, concurrency: 10 });
    const fill = async (): Promise<number> => {
      const turns = Array.from({ length: 30 }, () => Promise.resolve(budget.enter('read')));
      await clock.advance(1_000);
      return turns.length - budget.view().waiting;
    };
    assert.equal(await fill(), 8);
    const now = clock.now();
    for (let answer = 0; answer < 2; answer++) budget.leave(now, { throttled: false });
    assert.equal(budget.view().inFlight, 9);
    for (let answer = 0; answer < 20; answer++) {
      budget.leave(now, { throttled: false });
      await clock.advance(1_000);
      assert.ok(budget.view().inFlight <= 10);
    }
    assert.equal(budget.view().waiting, 0);
  });

  it('saves up nothing for a host that says 429', async () => {
    const { clock, budget } = budgetWith({ requestsPerSecond: 1_000 });
    const sentAt = await budget.enter('read');
    await clock.advance(1_000);
    budget.leave(sentAt, { throttled: true });
    assert.ok(budget.enter('read') instanceof Promise);
  });

  it('does as the host says only where it says enough', async () => {
    for (const rateLimit of [
      { remaining: 0 },
      { remaining: 0, resetMs: 0 },
      { remaining: 4, resetMs: 2_000 },
      { remaining: 10, limit: 100, resetMs: 10_000 },
    ] satisfies readonly RateLimit[]) {
      const { budget, clock } = budgetWith({ requestsPerSecond: 100 });
      const sentAt = await budget.enter('read');
      budget.leave(sentAt, { throttled: false, rateLimit });
      const { requestsPerSecond, pausedMs } = budget.view();
      assert.deepEqual([requestsPerSecond, pausedMs], [100, 0], JSON.stringify(rateLimit));
      await clock.advance(10);
      assert.equal(typeof budget.enter('read'), 'number');
    }
  });

  it('tells how long the host wants to be left alone, and sits a pause out that is just short enough', async () => {
    const { budget, clock, ask, admitted, refused } = budgetWith({ requestsPerSecond: 1_000, concurrency: 1 });
    const sentAt = await budget.enter('read');
    ask(1);
    await settle();
    budget.leave(sentAt, { throttled: true, retryAfterMs: 30_000 });
    ask(2);
    await clock.advance(10_000);
    assert.equal(budget.view().pausedMs, 20_000);
    await clock.advance(20_000);
    assert.deepEqual(admitted, [1]);
    assert.deepEqual(refused, []);
    assert.equal(budget.view().pausedMs, 0);
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
    assert.equal(budget.view().waiting, 1);
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
