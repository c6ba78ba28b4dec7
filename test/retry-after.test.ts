import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseRetryAfter, retryAfterOf } from '../src/retry-after.ts';

const NOW = Date.UTC(2026, 2, 1, 12, 0, 0);

describe('Retry-After', () => {
  it('takes seconds', () => {
    assert.equal(parseRetryAfter('0', NOW), 0);
    assert.equal(parseRetryAfter(' 120 ', NOW), 120_000);
    assert.equal(parseRetryAfter('1.5', NOW), 1_500);
  });

  it('takes the three forms of an HTTP date', () => {
    assert.equal(parseRetryAfter('Sun, 01 Mar 2026 12:00:30 GMT', NOW), 30_000);
    assert.equal(parseRetryAfter('Sunday, 01-Mar-26 12:00:30 GMT', NOW), 30_000);
    assert.equal(parseRetryAfter('Sun Mar  1 12:00:30 2026', NOW), 30_000);
  });

  it('takes a date in the past for no wait', () => {
    assert.equal(parseRetryAfter('Sun, 01 Mar 2026 11:00:00 GMT', NOW), 0);
  });

  it('ignores anything else', () => {
    for (const value of ['', '-1', 'soon', '1e9', 'Sun, 99 Foo 2026 12:00:00 GMT', '12 seconds']) {
      assert.equal(parseRetryAfter(value, NOW), undefined, value);
    }
  });

  it('is read from headers, the first of several', () => {
    assert.equal(retryAfterOf({ 'retry-after': '120' }, NOW), 120_000);
    assert.equal(retryAfterOf({ 'retry-after': ['7', '8'] }, NOW), 7_000);
    assert.equal(retryAfterOf({ 'content-length': '7' }, NOW), undefined);
  });

  it('gives back every date it is given, to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
        const expected = Math.max(0, seconds * 1000 - NOW);
        assert.equal(parseRetryAfter(new Date(seconds * 1000).toUTCString(), NOW), expected);
      }),
    );
  });

  it('never answers anything but a wait or nothing', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const wait = parseRetryAfter(value, NOW);
        assert.ok(wait === undefined || (Number.isFinite(wait) && wait >= 0));
      }),
    );
  });
});
