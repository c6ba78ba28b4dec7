import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AdaptiveRate } from '../../src/registry/adaptive-rate.ts';
import { TokenBucket } from '../../src/registry/token-bucket.ts';

/** Answers that a host grants evenly over the second and a half before some moment. */
function grant(rate: AdaptiveRate, perSecond: number, until: number): void {
  const count = perSecond * 1.5;
  for (let answer = 0; answer < count; answer += 1) rate.granted(until - 1_500 + (answer * 1_500) / count);
}

describe('adaptive rate', () => {
  it('starts low, grows with each request that is granted, and follows its ceiling', () => {
    const rate = new AdaptiveRate(100);
    assert.equal(rate.at(0), 100);
    rate.ceiling = 20;
    assert.equal(rate.at(0), 20);
    rate.ceiling = 1_000;
    assert.equal(rate.at(0), 150);
    grant(rate, 60, 0);
    assert.equal(rate.at(0), 1_000);
  });

  it('halves what the host grants when it says 429', () => {
    const rate = new AdaptiveRate(10_000);
    grant(rate, 80, 5_000);
    rate.throttled(5_000, 5_000);
    assert.equal(rate.at(5_000), 40);
  });

  it('halves what it asked for when that has not been measured for a second, and doubles it again each second', () => {
    const rate = new AdaptiveRate(10_000);
    for (let answer = 0; answer < 20; answer += 1) rate.granted(answer * 2);
    rate.throttled(40, 40);
    assert.equal(rate.at(40), 175, 'half of what it was asked for by then');
    rate.throttled(44, 44);
    assert.ok(rate.at(44) > 87 && rate.at(44) < 89);
    assert.equal(Math.round(rate.at(1_044) / rate.at(44)), 2);
  });

  it('counts the 429s of requests that were already on their way once', () => {
    const rate = new AdaptiveRate(10_000);
    grant(rate, 100, 0);
    assert.equal(rate.throttled(0, 10), true);
    for (let answer = 0; answer < 50; answer += 1) assert.equal(rate.throttled(0, 10), false);
    assert.equal(rate.at(10), 50);
    assert.equal(rate.throttled(11, 20), true);
    assert.ok(rate.at(20) < 26);
  });

  it('returns to just below what was granted, and beyond it slowly at first', () => {
    const rate = new AdaptiveRate(1_000);
    grant(rate, 100, 0);
    rate.throttled(0, 0);
    const seconds = [0, 1, 2, 3, 12, 60].map((second) => Math.round(rate.at(second * 1_000)));
    assert.deepEqual(seconds, [50, 70, 90, 92, 150, 1_000]);
  });

  it('does not take one 429 on a quiet host for a limit of one', () => {
    const rate = new AdaptiveRate(100);
    rate.throttled(0, 0);
    assert.equal(rate.at(0), 5);
  });

  it('goes no faster than what the host has left', () => {
    const rate = new AdaptiveRate(100);
    rate.limitTo(3, 0);
    assert.equal(rate.at(0), 3);
    rate.limitTo(50, 0);
    assert.equal(rate.at(0), 3);
    assert.equal(Math.round(rate.at(1_000) * 10), 42, 'it returns as after a limit that has been measured');
  });

  it('uses most of what a host grants, with few refusals', () => {
    for (const limit of [20, 83, 1_000]) {
      for (const burst of [0.1, 1]) {
        const { granted, refused } = simulate(limit, limit * burst, 60);
        assert.ok(granted > limit * 60 * 0.85, `${granted} granted of ${limit * 60}, bursts of ${limit * burst}`);
        assert.ok(refused < 150, `${refused} refused, ${granted} granted`);
      }
    }
  });

  it('stays above zero and below its ceiling, whatever happens', () => {
    const event = fc.tuple(fc.constantFrom('granted', 'throttled', 'limit'), fc.nat(3_000));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.array(event), (ceiling, events) => {
        const rate = new AdaptiveRate(ceiling);
        let now = 0;
        for (const [kind, elapsed] of events) {
          now += elapsed;
          if (kind === 'granted') rate.granted(now);
          else if (kind === 'throttled') rate.throttled(now, now);
          else rate.limitTo(elapsed / 100, now);
          const current = rate.at(now);
          assert.ok(current > 0 && current <= ceiling, `${current}`);
        }
      }),
    );
  });
});

/** A busy client, whose answers take 30 ms, and a host with a token bucket of this size. */
function simulate(
  limit: number,
  burst: number,
  seconds: number,
): { readonly granted: number; readonly refused: number } {
  const rate = new AdaptiveRate(10_000);
  const bucket = new TokenBucket(10_000, 0);
  const onTheWay: { readonly sentAt: number; readonly refused: boolean }[] = [];
  const total = { granted: 0, refused: 0 };
  let tokens = burst;
  for (let now = 0; now < seconds * 1_000; now += 1) {
    tokens = Math.min(burst, tokens + limit / 1_000);
    for (; onTheWay[0] !== undefined && onTheWay[0].sentAt + 30 <= now; onTheWay.shift()) {
      const { sentAt, refused } = onTheWay[0];
      if (!refused) rate.granted(now);
      else if (rate.throttled(sentAt, now)) bucket.drain(now);
    }
    bucket.setRate(rate.at(now), now);
    while (onTheWay.length < 64 && bucket.waitMs(now) === 0) {
      bucket.take();
      const refused = tokens < 1;
      if (refused) total.refused += 1;
      else {
        total.granted += 1;
        tokens -= 1;
      }
      onTheWay.push({ sentAt: now, refused });
    }
  }
  return total;
}
