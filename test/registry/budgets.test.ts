import assert from 'node:assert/strict';
import { createBudgets } from '../../src/registry/budgets.ts';
import { createFakeClock } from './fake-clock.ts';
import { aRequest, aResponse, scripted } from './requests.ts';

describe('budgets', () => {
  it('slow down only the host that says 429', async () => {
    const clock = createFakeClock();
    const waits: string[] = [];
    const budgets = createBudgets({
      limitsOf: () => ({ requestsPerSecond: 100, concurrency: 10 }),
      maxPauseMs: 30_000,
      clock,
      waited: (host, ms) => waits.push(`${host} ${ms}`),
    });
    const network = scripted(aResponse(429, { 'retry-after': '2' }), aResponse(200), aResponse(200));
    const send = budgets.layer(network);
    await send(aRequest({ host: 'busy.example' }));
    const held = send(aRequest({ host: 'busy.example' }));
    await send(aRequest({ host: 'idle.example' }));
    assert.equal(network.requests.length, 2);
    await clock.advance(2_000);
    assert.equal((await held).status, 200);
    assert.deepEqual(waits, ['busy.example 2000']);
    const rates = Object.fromEntries(budgets.view().map(({ host, requestsPerSecond }) => [host, requestsPerSecond]));
    assert.equal(rates['idle.example'], 100);
    assert.ok((rates['busy.example'] ?? 100) <= 50);
  });

  it('end a turn when the request fails', async () => {
    const clock = createFakeClock();
    const budgets = createBudgets({
      limitsOf: () => ({ requestsPerSecond: 100, concurrency: 1 }),
      maxPauseMs: 30_000,
      clock,
      waited: () => undefined,
    });
    const send = budgets.layer(scripted(new Error('reset'), aResponse(200)));
    await assert.rejects(send(aRequest()), /reset/);
    assert.equal((await send(aRequest())).status, 200);
    assert.equal(budgets.view()[0]?.inFlight, 0);
  });
});
