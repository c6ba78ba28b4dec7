import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fairShare, type Demand } from '../../src/workflows/fair-share.ts';

const RATE = 80;
const QUARTER = 0.25;

const sharesOf = (...all: readonly Demand[]): readonly number[] => all.map((one) => fairShare(RATE, one, all));

describe('fair share', () => {
  it('leaves those who stand back their part of what the others get when all want more than there is', () => {
    assert.deepEqual(sharesOf({ want: 500 }, { want: 500, part: QUARTER }), [64, 16]);
    assert.deepEqual(
      sharesOf({ want: 500 }, { want: 500 }, { want: 500, part: QUARTER }, { want: 500, part: QUARTER }),
      [32, 32, 8, 8],
    );
  });

  it('gives the others what those who stand back do not want', () => {
    assert.deepEqual(sharesOf({ want: 500 }, { want: 5, part: QUARTER }), [75, 5]);
    assert.deepEqual(sharesOf({ want: 500 }, { want: 0, part: QUARTER }), [79, 1]);
  });

  it('keeps the rest free for whoever comes when those who stand back are alone', () => {
    assert.deepEqual(sharesOf({ want: 500, part: QUARTER }), [20]);
    assert.deepEqual(sharesOf({ want: 500, part: QUARTER }, { want: 2, part: QUARTER }), [18, 2]);
  });

  it('never gives those who stand back more than their number would have', () => {
    assert.deepEqual(sharesOf({ want: 500 }, { want: 500, part: 1 }), [40, 40]);
    const others = Array.from({ length: 7 }, () => ({ want: 500 }));
    assert.equal(sharesOf(...others, { want: 500, part: QUARTER }).at(-1), 10);
  });

  it('takes a newcomer for as busy as the busiest, on either side', () => {
    assert.deepEqual(sharesOf({}, { want: 500, part: QUARTER }), [64, 16]);
    assert.deepEqual(sharesOf({ want: 500 }, { part: QUARTER }), [64, 16]);
  });

  it('shares out all there is and no more, and keeps those who stand back within their part', () => {
    const demand = fc.record(
      { want: fc.double({ min: 0, max: 1e6, noNaN: true }), part: fc.constantFrom(0.1, QUARTER, 1) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(demand, { minLength: 1, maxLength: 20 }), (all) => {
        const sum = (ones: readonly Demand[]): number =>
          ones.reduce((total, one) => total + fairShare(RATE, one, all), 0);
        const back = all.filter(({ part }) => part !== undefined);
        const most = RATE * Math.min(1, ...back.map(({ part = 1 }) => part));
        assert.ok(sum(back) <= most + 1e-6, `${sum(back)} of ${most}`);
        const total = back.length === all.length ? most : RATE;
        assert.ok(Math.abs(sum(all) - total) < 1e-6, `${sum(all)} and not ${total}`);
        assert.ok(all.every((one) => fairShare(RATE, one, all) > 0));
      }),
    );
  });
});
