import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LONGEST_WAIT_MS, parseRetryAfter, retryAfterOf } from '../src/retry-after.ts';

const NOW = Date.UTC(2026, 2, 1, 12, 0, 0);
const soon = fc.integer({ min: NOW / 1000, max: (NOW + 2 * LONGEST_WAIT_MS) / 1000 });

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

  it('grants nobody to hold a promotion for as long as it likes', () => {
    for (const value of ['9999999999', '21601', 'Fri, 31 Dec 9999 23:59:59 GMT']) {
      assert.equal(parseRetryAfter(value, NOW), LONGEST_WAIT_MS, value);
    }
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
      fc.property(fc.oneof(fc.integer({ min: 0, max: 4_000_000_000 }), soon), (seconds) => {
        const expected = Math.min(Math.max(0, seconds * 1000 - NOW), LONGEST_WAIT_MS);
        assert.equal(parseRetryAfter(new Date(seconds * 1000).toUTCString(), NOW), expected);
      }),
    );
  });

  it('never answers anything but a wait or nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{1,12}(\.\d{1,9})?$/)), (value) => {
        const wait = parseRetryAfter(value, NOW);
        assert.ok(wait === undefined || (wait >= 0 && wait <= LONGEST_WAIT_MS));
      }),
    );
  });
});
