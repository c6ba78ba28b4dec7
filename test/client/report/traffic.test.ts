import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addTraffic } from '../../../src/client/report/traffic.ts';

const count = fc.nat(1_000);
const series = fc.record({
  startedAt: fc.nat(1_000_000),
  stepMs: fc.constantFrom(1_000, 2_000, 64_000),
  hosts: fc.dictionary(
    fc.constantFrom('a.example', 'b.example'),
    fc.record({ requests: fc.array(count, { maxLength: 120 }), throttled: fc.array(count, { maxLength: 120 }) }),
  ),
});

describe('the traffic of a run', () => {
  it('loses no request, whatever the steps and whenever they were made', () => {
    fc.assert(
      fc.property(
        fc.array(series, { maxLength: 10 }),
        fc.nat(1_000_000),
        fc.nat(1_000_000),
        (all, startedAt, lasted) => {
          const { hosts } = addTraffic(all, { startedAt, endedAt: startedAt + lasted });
          for (const { host, requests, throttled, columns } of hosts) {
            const recorded = (kind: 'requests' | 'throttled'): number =>
              all.flatMap((one) => one.hosts[host]?.[kind] ?? []).reduce((sum, one) => sum + one, 0);
            assert.deepEqual([requests, throttled], [recorded('requests'), recorded('throttled')]);
            assert.ok(columns.length >= 1 && columns.length <= 120);
          }
        },
      ),
    );
  });

  it('puts requests where in time they were made, the busiest host first', () => {
    const span = { startedAt: 100_000, endedAt: 110_000 };
    const made = addTraffic(
      [
        { startedAt: 102_000, stepMs: 1_000, hosts: { 'a.example': { requests: [4, 0, 2], throttled: [1] } } },
        { startedAt: 104_000, stepMs: 2_000, hosts: { 'b.example': { requests: [10], throttled: [] } } },
      ],
      span,
    );
    assert.equal(made.columnMs, 1_000);
    assert.deepEqual(
      made.hosts.map(({ host, requests, peak }) => [host, requests, peak]),
      [
        ['b.example', 10, 5],
        ['a.example', 6, 4],
      ],
    );
    assert.deepEqual(
      made.hosts[0]?.columns.map(({ requests }) => requests),
      [0, 0, 0, 0, 5, 5, 0, 0, 0, 0],
    );
    assert.deepEqual(made.hosts[1]?.columns[2], { requests: 4, throttled: 1 });
  });
});
