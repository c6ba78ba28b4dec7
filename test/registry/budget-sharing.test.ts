import assert from 'node:assert/strict';
import { createBudgets, type Budgets } from '../../src/registry/budgets.ts';
import type { Send } from '../../src/registry/exchange.ts';
import { UNLIMITED } from '../../src/registry/host-presets.ts';
import type { ShareSource } from '../../src/registry/shared-budgets.ts';
import { BLANK_BOOK, takeLease } from '../../src/workflows/lease-book.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { aRequest, aResponse } from './requests.ts';

const HOST = 'r.example';
const LIMIT = 83;
const LATENCY_MS = 10;
/** Requests that each process keeps under way. */
const CALLS_AT_ONCE = 24;

/** A host that grants so many requests a second, as many of them at once, and refuses the rest for a second. */
function startHost(clock: FakeClock) {
  const answered: number[] = [];
  let tokens = LIMIT;
  let filledAt = clock.now();
  const send: Send = async () => {
    await new Promise<void>((resolve) => void clock.schedule(LATENCY_MS, resolve));
    tokens = Math.min(LIMIT, tokens + ((clock.now() - filledAt) * LIMIT) / 1_000);
    filledAt = clock.now();
    const status = tokens < 1 ? 429 : 200;
    if (status === 200) tokens -= 1;
    answered.push(status);
    return status === 200 ? aResponse(status) : aResponse(status, { 'retry-after': '1' });
  };
  return { send, answered: (): readonly number[] => answered };
}

/** What all processes ask for their shares. */
function startBook(clock: FakeClock): (worker: string) => ShareSource {
  let book = BLANK_BOOK;
  return (worker) => ({
    async lease(_host, request) {
      const taken = takeLease(book, { worker, ...request }, clock.now());
      ({ book } = taken);
      return taken.lease;
    },
  });
}

/** Lets processes ask as fast as they may, until all together have so many answers; all time is the clock's. */
async function askFor(total: number, count: number, requestsPerSecond: number) {
  const clock = createFakeClock();
  const host = startHost(clock);
  const sourceOf = startBook(clock);
  const since = clock.now();
  const answers = Array<number>(count).fill(0);
  const isDone = (): boolean => answers.reduce((sum, one) => sum + one) >= total;
  const all: Budgets[] = answers.map((_, at) =>
    createBudgets({
      limitsOf: () => ({ requestsPerSecond, concurrency: 100 }),
      maxPauseMs: 30_000,
      clock,
      waited: () => undefined,
      sharing: { withoutShare: 1 / 8, onNote: () => undefined, source: sourceOf(`process ${at}`) },
    }),
  );
  async function ask(at: number, send: Send): Promise<void> {
    while (!isDone()) if ((await send(aRequest({ host: HOST }))).status === 200) answers[at] = (answers[at] ?? 0) + 1;
  }
  for (const [at, budgets] of all.entries()) {
    const send = budgets.layer(host.send);
    for (let call = 0; call < CALLS_AT_ONCE; call++) void ask(at, send);
  }
  while (!isDone()) await clock.advance(100);
  for (const budgets of all) budgets.close();
  const shareRefused = (from: number): number => {
    const later = host.answered().slice(from);
    return later.filter((status) => status === 429).length / later.length;
  };
  return { seconds: (clock.now() - since) / 1_000, shareRefused, fewest: Math.min(...answers) };
}

describe('processes that share a budget', () => {
  for (const count of [1, 2, 4]) {
    it(`use the ceiling that ${count} are configured with, and keep within it`, async () => {
      const total = 700;
      const { seconds, shareRefused, fewest } = await askFor(total, count, LIMIT);
      assert.ok(shareRefused(0) < 0.02, `${shareRefused(0)} answered 429`);
      assert.ok(seconds < 1.25 * (total / LIMIT) + 1, `${seconds} s`);
      assert.ok(fewest > total / count / 4, `${fewest} answers for one of ${count}`);
    });

    it(`use most of what a host grants that tells ${count} of its limit only by refusing`, async () => {
      const total = 1_500;
      const { seconds, shareRefused, fewest } = await askFor(total, count, UNLIMITED);
      // Nobody knows the limit before the first 429, so what is under way then is refused as well.
      const found = 2 * LIMIT + count * CALLS_AT_ONCE;
      assert.ok(shareRefused(found) < 0.05, `${shareRefused(found)} answered 429`);
      assert.ok(seconds < 1.5 * (total / LIMIT), `${seconds} s`);
      assert.ok(fewest > total / count / 4, `${fewest} answers for one of ${count}`);
    });
  }
});
