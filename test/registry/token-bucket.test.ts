import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TokenBucket } from '../../src/registry/token-bucket.ts';

describe('token bucket', () => {
  it('says how long to wait', () => {
    const bucket = new TokenBucket(2, 0);
    assert.equal(bucket.waitMs(0), 0);
    bucket.take();
    assert.equal(bucket.waitMs(0), 500);
    assert.equal(bucket.waitMs(400), 100);
    assert.equal(bucket.waitMs(500), 0);
  });

  it('takes on a new rate at once', () => {
    const bucket = new TokenBucket(1, 0);
    bucket.take();
    bucket.setRate(10, 0);
    assert.equal(bucket.waitMs(0), 100);
  });

  it('never grants more than rate and burst allow', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.array(fc.nat(200)), (rate, pauses) => {
        const bucket = new TokenBucket(rate, 0);
        let now = 0;
        let granted = 0;
        for (const pause of pauses) {
          now += pause;
          while (bucket.waitMs(now) === 0) {
            bucket.take();
            granted += 1;
          }
        }
        assert.ok(granted <= Math.max(1, rate * 0.2) + (rate * now) / 1000 + 1e-6);
      }),
    );
  });
});
