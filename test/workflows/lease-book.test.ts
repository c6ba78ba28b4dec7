import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { LeaseRequest } from '../../src/workflows/budget-messages.ts';
import { BLANK_BOOK, bookRate, takeLease, withoutExpired, type LeaseBook } from '../../src/workflows/lease-book.ts';

const CEILING = 80;

function givenOut(book: LeaseBook, now: number): number {
  return Object.values(withoutExpired(book, now).shares).reduce((sum, { rps = 0 }) => sum + rps, 0);
}

/** Workers that ask one after the other, all at one moment; gives back what they got and the book after it. */
function askAll(book: LeaseBook, now: number, requests: readonly LeaseRequest[]): [LeaseBook, (number | undefined)[]] {
  let current = book;
  const shares = requests.map((request) => {
    const { book: next, lease } = takeLease(current, request, now);
    current = next;
    return lease.rps;
  });
  return [current, shares];
}

const asking = (worker: string, want: number, change: Partial<LeaseRequest> = {}): LeaseRequest => ({
  worker,
  want,
  ceiling: CEILING,
  ...change,
});

describe('lease book', () => {
  it('gives a worker that is alone all there is', () => {
    const [, shares] = askAll(BLANK_BOOK, 0, [asking('a', 3)]);
    assert.deepEqual(shares, [CEILING]);
  });

  it('takes a worker named like what every object has for a worker', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const [book, shares] = askAll(BLANK_BOOK, 0, [asking(name, 3), asking(name, 3)]);
      assert.deepEqual(shares, [CEILING, CEILING]);
      assert.deepEqual(Object.keys(withoutExpired(book, 0).shares), [name]);
    }
  });

  it('lets a newcomer begin at once, and shares by demand when all have asked again', () => {
    const sharesOf = (...wants: number[]): (number | undefined)[] => {
      const requests = wants.map((want, index) => asking(`worker ${index}`, want));
      let [book, shares] = askAll(BLANK_BOOK, 0, requests);
      assert.deepEqual(shares.slice(1), Array(wants.length - 1).fill(0.5));
      for (let round = 1; round < 4; round++) [book, shares] = askAll(book, round * 1_000, requests);
      return shares;
    };
    assert.deepEqual(sharesOf(30, 10), [50, 30]);
    assert.deepEqual(sharesOf(300, 100), [40, 40]);
    assert.deepEqual(sharesOf(300, 100, 20), [30, 30, 20]);
  });

  it('gives at least one request a second to whoever wants next to nothing', () => {
    const pair = [asking('busy', 1_000), asking('idle', 0)];
    let [book, shares] = askAll(BLANK_BOOK, 0, pair);
    for (let round = 1; round < 4; round++) [book, shares] = askAll(book, round * 1_000, pair);
    assert.deepEqual(shares, [79, 1]);
  });

  it('takes a newcomer for as busy as the others until it says what it could use', () => {
    const [book] = askAll(BLANK_BOOK, 0, [asking('a', 1), asking('b', 1), asking('a', 50)]);
    assert.equal(book.shares['a']?.rps, 40);
  });

  it('keeps a first share short, so that those who begin together soon share fairly', () => {
    const { lease } = takeLease(BLANK_BOOK, asking('a', 1), 0);
    const again = takeLease(takeLease(BLANK_BOOK, asking('a', 1), 0).book, asking('a', 1), 1_000).lease;
    assert.ok(lease.forMs < again.forMs);
    assert.equal(again.until, 1_000 + again.forMs);
  });

  it('has the share of a worker that is gone back when its lease ends', () => {
    const pair = [asking('a', 1), asking('b', 1)];
    const [first] = askAll(BLANK_BOOK, 0, pair);
    const [book] = askAll(first, 1_000, pair);
    const until = book.shares['b']?.until ?? 0;
    assert.equal(takeLease(book, asking('a', 1), until - 1).lease.rps, CEILING / 2);
    assert.equal(takeLease(book, asking('a', 1), until).lease.rps, CEILING);
  });

  it('gives out less than the host granted on a 429, once, and climbs back to just below it', () => {
    const [book] = askAll(BLANK_BOOK, 0, [asking('a', 60), asking('b', 60)]);
    const refused = asking('a', 60, { sawThrottle: true, granted: 40, retryAfterMs: 1_000 });
    const echo = asking('b', 60, { sawThrottle: true, granted: 20 });
    const cut = takeLease(takeLease(book, { ...refused }, 1_000).book, echo, 1_200).book;
    assert.equal(bookRate(cut, 1_000), 80 * 0.85);
    assert.equal(cut.limit?.rps, 80);
    assert.equal(bookRate(cut, 4_000), 80 * 0.95);
    assert.equal(bookRate(cut, 8_000), 80);
    assert.equal(bookRate(cut, 120_000), CEILING);
    const second = takeLease(cut, { ...refused, granted: 10 }, 30_000).book;
    assert.equal(second.limit?.at, 30_000);
  });

  it('obeys a long Retry-After as one cool-down', () => {
    const refused = asking('a', 60, { sawThrottle: true, granted: 60, retryAfterMs: 60_000 });
    const { book } = takeLease(BLANK_BOOK, refused, 0);
    assert.equal(takeLease(book, refused, 50_000).book.limit?.at, 0);
    assert.equal(takeLease(book, refused, 60_000).book.limit?.at, 60_000);
  });

  it('gives no number while no limit is known, and learns one from the first 429 of several workers', () => {
    const free = (worker: string, change: Partial<LeaseRequest> = {}): LeaseRequest => ({
      worker,
      want: 50,
      ...change,
    });
    const { book, lease } = takeLease(BLANK_BOOK, free('a'), 0);
    assert.equal(lease.rps, undefined);
    const first = takeLease(BLANK_BOOK, free('a', { sawThrottle: true, granted: 40 }), 0);
    assert.equal(bookRate(first.book, 0), 34);
    const both = takeLease(first.book, free('b', { sawThrottle: true, granted: 40 }), 100).book;
    assert.equal(both.limit?.rps, 80);
    assert.equal(takeLease(book, free('b'), 1).lease.rps, undefined);
  });

  it('keeps replication to its part, and gives a promotion that comes the rest at once', () => {
    const sweep = asking('a/replication', 500, { part: 0.25 });
    const [alone, [first]] = askAll(BLANK_BOOK, 0, [sweep]);
    assert.equal(first, CEILING / 4);
    const [both, shares] = askAll(alone, 1_000, [asking('a', 500), sweep, asking('a', 500)]);
    assert.deepEqual(shares, [(CEILING * 3) / 4, CEILING / 5, (CEILING * 4) / 5]);
    const quiet = asking('a/replication', 2, { part: 0.25 });
    assert.deepEqual(askAll(both, 2_000, [quiet, asking('a', 500)])[1], [2, CEILING - 2]);
  });

  it('goes by what an operator says, whatever the workers are configured with', () => {
    const raised = { ...BLANK_BOOK, operatorCeiling: 200 };
    assert.equal(takeLease(raised, asking('a', 1), 0).lease.rps, 200);
    assert.equal(takeLease({ ...BLANK_BOOK, operatorCeiling: 5 }, asking('a', 1), 0).lease.rps, 5);
    const [, shares] = askAll(BLANK_BOOK, 0, [asking('a', 1, { ceiling: 90 }), asking('a', 1, { ceiling: 30 })]);
    assert.deepEqual(shares, [90, 30]);
  });

  it('never gives out more than the host allows, but for what newcomers begin with', () => {
    const step = fc.record({
      worker: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      part: fc.option(fc.constantFrom(0.25, 1), { nil: undefined }),
      want: fc.double({ min: 0, max: 1e6, noNaN: true }),
      granted: fc.double({ min: 0, max: 500, noNaN: true }),
      sawThrottle: fc.boolean(),
      afterMs: fc.integer({ min: 0, max: 20_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let book: LeaseBook = BLANK_BOOK;
        let now = 0;
        for (const { afterMs, part, ...rest } of steps) {
          const request = part === undefined ? rest : { ...rest, part };
          now += afterMs;
          const isNew = withoutExpired(book, now).shares[request.worker] === undefined;
          const before = givenOut(book, now);
          const taken = takeLease(book, { ...request, ceiling: CEILING }, now);
          book = taken.book;
          const allowed = Math.max(bookRate(book, now) ?? 0, before) + (isNew ? 0.5 : 0);
          assert.ok(givenOut(book, now) <= allowed + 1e-6, `${givenOut(book, now)} of ${allowed}`);
          assert.ok((taken.lease.rps ?? 0) > 0 && taken.lease.until > now);
        }
      }),
    );
  });

  it('comes to fair shares within what the host allows, whatever the workers want', () => {
    const wants = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(wants, (all) => {
        const requests = all.map((want, index) => asking(`worker ${index}`, want));
        let book: LeaseBook = BLANK_BOOK;
        let shares: (number | undefined)[] = [];
        for (let round = 0; round < 4; round++) [book, shares] = askAll(book, round * 1_000, requests);
        const sum = shares.reduce<number>((total, rps = 0) => total + rps, 0);
        assert.ok(Math.abs(sum - CEILING) < 1e-6, `${sum}`);
        assert.ok(shares.every((rps = 0) => rps >= 1 - 1e-9));
      }),
    );
  });
});
