import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { createTrafficLog, trafficLayer, withTraffic } from '../../src/registry/traffic.ts';
import type { RegistryRequest, RegistryResponse } from '../../src/registry/exchange.ts';

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

describe('a log of traffic', () => {
  it('counts by host and second', () => {
    let now = 10_000;
    const log = createTrafficLog(() => now);
    log.count('a.example', 200);
    log.count('b.example', 429);
    now = 12_500;
    log.count('a.example', 0);
    assert.deepEqual(log.series(), {
      startedAt: 10_000,
      stepMs: 1_000,
      hosts: {
        'a.example': { requests: [1, 0, 1], throttled: [] },
        'b.example': { requests: [1], throttled: [1] },
      },
    });
  });

  it('stays small however long it takes, and forgets no request', () => {
    const request = fc.record({ afterMs: fc.nat(10_000_000), status: fc.constantFrom(200, 429) });
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 100 }), (requests) => {
        let now = 0;
        const log = createTrafficLog(() => now);
        for (const { afterMs, status } of requests) {
          now += afterMs;
          log.count('a.example', status);
        }
        const { stepMs, hosts } = log.series();
        const { requests: counted = [], throttled = [] } = hosts['a.example'] ?? {};
        assert.equal(sum(counted), requests.length);
        assert.equal(sum(throttled), requests.filter(({ status }) => status === 429).length);
        assert.ok(counted.length <= 120);
        const first = requests[0]?.afterMs ?? 0;
        assert.ok((counted[Math.floor(first / stepMs)] ?? 0) > 0, 'the first request is where it was made');
      }),
    );
  });

  it('knows how fast hosts are asked now, the busiest first', () => {
    let now = 0;
    const log = createTrafficLog(() => now);
    log.count('early.example', 200);
    now = 20_000;
    for (let at = 0; at < 50; at++) log.count('a.example', at === 0 ? 429 : 200);
    for (let at = 0; at < 100; at++) log.count('b.example', 200);
    assert.deepEqual(log.rates(), [
      { host: 'b.example', perSecond: 20, throttled: 0 },
      { host: 'a.example', perSecond: 10, throttled: 1 },
    ]);
  });

  it('is told of the requests of its own work, and of no other', async () => {
    const send = trafficLayer(async () => {
      await turn();
      return { status: 200 } as RegistryResponse;
    });
    const ask = (host: string): Promise<RegistryResponse> => send({ host } as RegistryRequest);
    const [one, other] = [createTrafficLog(() => 0), createTrafficLog(() => 0)];
    await Promise.all([
      withTraffic(one, () => Promise.all([ask('a.example'), ask('a.example')])),
      withTraffic(other, () => ask('b.example')),
      ask('c.example'),
    ]);
    assert.deepEqual(one.series().hosts, { 'a.example': { requests: [2], throttled: [] } });
    assert.deepEqual(other.series().hosts, { 'b.example': { requests: [1], throttled: [] } });
  });

  it('counts a request without an answer', async () => {
    const send = trafficLayer(() => Promise.reject(new Error('reset')));
    const log = createTrafficLog(() => 0);
    await assert.rejects(withTraffic(log, () => send({ host: 'a.example' } as RegistryRequest)));
    assert.deepEqual(log.series().hosts, { 'a.example': { requests: [1], throttled: [] } });
  });
});
