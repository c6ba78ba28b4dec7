import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AdaptiveRate } from '../../src/registry/adaptive-rate.ts';

function inUse(rate: AdaptiveRate, count: number, from: number): void {
  for (let sent = 0; sent < count; sent += 1) rate.sent(from);
}

describe('adaptive rate', () => {
  it('starts at its ceiling', () => {
    assert.equal(new AdaptiveRate(100, 0).at(0), 100);
  });

  it('halves the rate in use when the host says 429', () => {
    const rate = new AdaptiveRate(10_000, 0);
    inUse(rate, 80, 5_000);
    rate.throttled(5_000, 5_100);
    assert.equal(rate.at(5_100), 40);
  });

  it('counts the 429s of requests that were already on their way once', () => {
    const rate = new AdaptiveRate(100, 0);
    inUse(rate, 100, 0);
    for (let answer = 0; answer < 50; answer += 1) rate.throttled(0, 10);
    assert.equal(rate.at(10), 50);
    rate.throttled(11, 20);
    assert.equal(rate.at(20), 25);
  });

  it('climbs back in equal steps, up to the ceiling', () => {
    const rate = new AdaptiveRate(100, 0);
    inUse(rate, 100, 0);
    rate.throttled(0, 0);
    const seconds = [0, 1, 2, 3].map((second) => rate.at(second * 1_000));
    assert.deepEqual(seconds, [50, 52.5, 55, 57.5]);
    assert.equal(rate.at(3_999), 57.5);
    assert.equal(rate.at(60_000), 100);
  });

  it('follows a new ceiling', () => {
    const rate = new AdaptiveRate(100, 0);
    rate.setCeiling(20, 0);
    assert.equal(rate.at(0), 20);
    rate.setCeiling(200, 0);
    assert.equal(rate.at(0), 200);
    inUse(rate, 200, 0);
    rate.throttled(0, 0);
    rate.setCeiling(400, 0);
    assert.equal(rate.at(0), 100, 'a rate that was cut is not lifted by a ceiling');
  });

  it('goes no faster than what the host has left', () => {
    const rate = new AdaptiveRate(100, 0);
    rate.limitTo(3, 0);
    assert.equal(rate.at(0), 3);
    rate.limitTo(50, 0);
    assert.equal(rate.at(0), 3);
  });

  it('stays above zero and below its ceiling, whatever happens', () => {
    const event = fc.tuple(fc.constantFrom('sent', 'throttled', 'limit'), fc.nat(3_000));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.array(event), (ceiling, events) => {
        const rate = new AdaptiveRate(ceiling, 0);
        let now = 0;
        for (const [kind, elapsed] of events) {
          now += elapsed;
          if (kind === 'sent') rate.sent(now);
          else if (kind === 'throttled') rate.throttled(now, now);
          else rate.limitTo(elapsed / 100, now);
          const current = rate.at(now);
          assert.ok(current > 0 && current <= ceiling, `${current}`);
        }
      }),
    );
  });
});
