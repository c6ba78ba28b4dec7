import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LONGEST_WAIT_MS } from '../../src/retry-after.ts';
import { rateLimitOf } from '../../src/registry/rate-limit-headers.ts';

const NOW = 1_800_000_000_000;

describe('rate limit headers', () => {
  it('reads Docker Hub, which names a window but no end of it', () => {
    const headers = { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '76;w=21600' };
    assert.deepEqual(rateLimitOf(headers, NOW), { remaining: 76, limit: 100 });
  });

  it('reads both shapes of the draft', () => {
    assert.deepEqual(rateLimitOf({ ratelimit: 'limit=100, remaining=50, reset=5' }, NOW), {
      remaining: 50,
      limit: 100,
      resetMs: 5_000,
    });
    assert.deepEqual(rateLimitOf({ ratelimit: '"default";r=50;t=30' }, NOW), { remaining: 50, resetMs: 30_000 });
  });

  it('takes a large reset for an instant', () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1000 + 7) };
    assert.deepEqual(rateLimitOf(headers, NOW), { remaining: 0, resetMs: 7_000 });
  });

  it('grants no host a pause for as long as it likes', () => {
    for (const reset of ['999999999', String(NOW)]) {
      const headers = { 'ratelimit-remaining': '0', 'ratelimit-reset': reset };
      assert.equal(rateLimitOf(headers, NOW)?.resetMs, LONGEST_WAIT_MS);
    }
  });

  it('is made of any text, and never anything but counts', () => {
    const part = fc.oneof(
      fc.string(),
      fc.stringMatching(/^(r|t|limit|remaining|reset|q)=\d{0,20}$/),
      fc.nat().map(String),
    );
    const value = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(';'));
    const names = ['ratelimit', 'ratelimit-remaining', 'ratelimit-limit', 'ratelimit-reset', 'x-ratelimit-remaining'];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (headers) => {
        for (const count of Object.values(rateLimitOf(headers, NOW) ?? {})) {
          assert.ok(Number.isFinite(count) && count >= 0, JSON.stringify(headers));
        }
      }),
    );
  });

  it('has nothing to say without a number', () => {
    assert.equal(rateLimitOf({}, NOW), undefined);
    assert.equal(rateLimitOf({ 'ratelimit-remaining': 'many' }, NOW), undefined);
    assert.equal(rateLimitOf({ ratelimit: 'default' }, NOW), undefined);
  });
});
