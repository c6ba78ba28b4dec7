import assert from 'node:assert/strict';
import { createBudgets, type Budgets } from '../../src/registry/budgets.ts';
import type { Send } from '../../src/registry/exchange.ts';
import { UNLIMITED } from '../../src/registry/host-presets.ts';
import type { ShareRequest, ShareSource } from '../../src/registry/shared-budgets.ts';
import { createFakeClock, settle } from './fake-clock.ts';
import { aRequest, aResponse } from './requests.ts';

const HOST = 'r.example';
const CEILING = 80;
const MAX_WORKERS = 8;

type Answer = Awaited<ReturnType<ShareSource['lease']>>;

/** Budgets of a process that gets its shares from `answer`, and what it asked for. */
function sharing(
  answer: (request: ShareRequest, create: boolean) => Promise<Answer>,
  { requestsPerSecond = CEILING, status = (): number => 200 } = {},
) {
  const clock = createFakeClock();
  const asked: (ShareRequest & { create: boolean; at: number })[] = [];
  const notes: string[] = [];
  const begunAt = clock.now();
  const budgets: Budgets = createBudgets({
    limitsOf: () => ({ requestsPerSecond, concurrency: 100 }),
    maxPauseMs: 30_000,
    clock,
    waited: () => undefined,
    sharing: {
      withoutShare: 1 / MAX_WORKERS,
      onNote: (note) => notes.push(note),
      source: {
        lease(_host, request, create) {
          asked.push({ ...request, create, at: clock.now() - begunAt });
          return answer(request, create);
        },
      },
    },
  });
  const network: Send = async () => aResponse(status());
  const layer = budgets.layer(network);
  const send = () => layer(aRequest({ host: HOST }));
  return { clock, asked, notes, budgets, send, ceiling: () => budgets.view()[0]?.ceiling };
}

const never = (): Promise<never> => new Promise(() => undefined);

describe('shared budgets', () => {
  it('ask for a share before the first request, once, and go by it', async () => {
    const { asked, send, ceiling } = sharing(async () => ({ rps: 60, forMs: 10_000 }));
    await Promise.all([send(), send(), send()]);
    assert.deepEqual(asked, [{ want: 1, granted: 0, ceiling: CEILING, create: true, at: 0 }]);
    assert.equal(ceiling(), 60);
  });

  it('renew the share while requests are made, and say what they could use', async () => {
    const { asked, clock, send, ceiling } = sharing(async ({ want }) => ({ rps: want > 1 ? 20 : 60, forMs: 10_000 }));
    await send();
    await clock.advance(3_400);
    await Promise.all([send(), send(), send()]);
    await clock.advance(1_700);
    assert.equal(asked.length, 2);
    // Three requests, in the time since the first of them.
    assert.ok((asked[1]?.granted ?? 0) >= 3);
    assert.equal(asked[1]?.want, asked[1]?.granted);
    assert.equal(ceiling(), 20);
  });

  it('let an unused share end, and ask again before the next request', async () => {
    const { asked, clock, send, ceiling } = sharing(async () => ({ rps: 60, forMs: 10_000 }));
    await send();
    await clock.advance(120_000);
    const before = asked.length;
    assert.ok(before < 6, `${before}`);
    assert.equal(ceiling(), CEILING / MAX_WORKERS);
    assert.equal(clock.timers(), 0);
    await send();
    assert.equal(asked.length, before + 1);
    assert.equal(ceiling(), 60);
  });

  it('go slowly rather than wait when no share comes', async () => {
    const { clock, send, ceiling } = sharing(never);
    const sent = send();
    await clock.advance(250);
    assert.equal((await sent).status, 200);
    assert.equal(ceiling(), CEILING / MAX_WORKERS);
  });

  it('keep their share through one failure, fall back when it ends, and never ask for more than it was', async () => {
    let isDown = false;
    const down = new Error('no connection');
    const { asked, notes, clock, send, ceiling } = sharing(async () => {
      if (isDown) throw down;
      return { rps: 4, forMs: 10_000 };
    });
    await send();
    isDown = true;
    // Renewals come when chance says, within bounds.
    while (asked.length < 2) await clock.advance(100);
    assert.equal(ceiling(), 4);
    assert.equal(notes.length, 0);
    await send();
    await clock.advance(20_000);
    assert.equal(ceiling(), 4);
    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? '', /no share of the budget of r\.example is to be had.*no connection/);
    isDown = false;
    await send();
    await clock.advance(16_000);
    assert.match(notes[1] ?? '', /come again/);
  });

  it('report a 429 soon, and those that follow it with the next renewal', async () => {
    let status = 200;
    const { asked, clock, send } = sharing(async () => ({ rps: 60, forMs: 20_000 }), { status: () => status });
    await send();
    status = 429;
    await Promise.all([send(), send(), send()]);
    await clock.advance(300);
    assert.equal(asked.length, 2);
    assert.equal(asked[1]?.sawThrottle, true);
    assert.ok((asked[1]?.granted ?? 0) > 1, 'one in a fraction of a second');
    await clock.advance(1_000);
    await send();
    await clock.advance(4_000);
    assert.equal(asked.length, 2);
    await clock.advance(6_000);
    assert.deepEqual([asked.length, asked[2]?.sawThrottle], [3, true]);
  });

  it('report with a 429 what the host had granted by then, and not what it grants in the pause that follows', async () => {
    let status = 200;
    const options = { status: () => status, requestsPerSecond: UNLIMITED };
    const { asked, clock, send } = sharing(async () => ({ rps: 1_000, forMs: 20_000 }), options);
    for (const pauseMs of [300, 9_000]) {
      for (let sent = 0; sent < 100; sent += 1) {
        void send();
        await clock.advance(20);
      }
      status = 429;
      void send();
      await clock.advance(pauseMs);
      status = 200;
    }
    const reports = asked.filter(({ sawThrottle }) => sawThrottle === true);
    assert.equal(reports.length, 2);
    for (const { granted } of reports) assert.ok(granted > 40 && granted <= 50, `${granted}`);
  });

  it('only look whether somebody shares out a host without a known limit, until it says 429', async () => {
    let status = 200;
    const { asked, clock, send, ceiling } = sharing(
      async (_request, create) => (create ? { rps: 30, forMs: 10_000 } : undefined),
      { requestsPerSecond: 100_000, status: () => status },
    );
    await send();
    assert.deepEqual(asked, [{ want: 1, granted: 0, create: false, at: 0 }]);
    assert.equal(ceiling(), 100_000);
    status = 429;
    await send();
    await clock.advance(300);
    assert.deepEqual([asked[1]?.create, asked[1]?.sawThrottle], [true, true]);
    assert.equal(ceiling(), 30);
  });

  it('ask for nothing more when they are closed', async () => {
    const { asked, clock, budgets, send } = sharing(async () => ({ rps: 60, forMs: 10_000 }));
    await send();
    budgets.close();
    await settle();
    await clock.advance(60_000);
    assert.equal(asked.length, 1);
    assert.equal(clock.timers(), 0);
  });
});
