import assert from 'node:assert/strict';
import fc from 'fast-check';
import { freezeAt, freezeProblem, type FreezeWindow } from '../../src/gate/freeze-calendar.ts';

const at = (text: string): number => Date.parse(text);
const endOf = (window: FreezeWindow, now: string): string | undefined => {
  const freeze = freezeAt([window], at(now));
  return freeze && new Date(freeze.until).toISOString().replace(':00.000Z', 'Z');
};

describe('the calendar of freezes', () => {
  it('holds from one moment to another, in the time zone that it names', () => {
    const holidays = { from: '2026-12-20', to: '2027-01-04 08:00', timeZone: 'America/New_York' };
    assert.equal(endOf(holidays, '2026-12-20T04:59:00Z'), undefined);
    assert.equal(endOf(holidays, '2026-12-20T05:00:00Z'), '2027-01-04T13:00Z');
    assert.equal(endOf(holidays, '2027-01-04T13:00:00Z'), undefined);
    const instants = { from: '2026-12-20T18:00:00+01:00', to: '2026-12-20T18:30:00Z', timeZone: 'Asia/Tokyo' };
    assert.equal(endOf(instants, '2026-12-20T17:00:00Z'), '2026-12-20T18:30Z');
  });

  it('holds every week, over the end of the week too', () => {
    const weekend = { from: 'Fri 16:00', to: 'Mon 08:00', timeZone: 'Europe/Berlin' };
    assert.equal(endOf(weekend, '2026-11-20T14:59:00Z'), undefined);
    assert.equal(endOf(weekend, '2026-11-20T15:00:00Z'), '2026-11-23T07:00Z');
    assert.equal(endOf(weekend, '2026-11-22T12:34:56Z'), '2026-11-23T07:00Z');
    assert.equal(endOf(weekend, '2026-11-23T07:00:00Z'), undefined);
    assert.equal(endOf({ from: 'monday 09:00', to: 'monday 10:30' }, '2026-11-23T09:15:00Z'), '2026-11-23T10:30Z');
  });

  it('ends by the clocks on the wall when these are changed meanwhile', () => {
    const weekend = { from: 'Sat 12:00', to: 'Mon 08:00', timeZone: 'Europe/Berlin' };
    // Summer time began on 29 March 2026, and ended on 25 October.
    assert.equal(endOf(weekend, '2026-03-28T12:00:00Z'), '2026-03-30T06:00Z');
    assert.equal(endOf(weekend, '2026-10-24T12:00:00Z'), '2026-10-26T07:00Z');
  });

  it('takes of several freezes the one that ends last, and says why', () => {
    const freeze = freezeAt(
      [
        { from: '2026-11-21', to: '2026-11-22', reason: 'drill' },
        { from: '2026-11-20', to: '2026-11-25', reason: 'summit' },
        { from: '2026-12-20', to: '2027-01-04', reason: 'holidays' },
      ],
      at('2026-11-21T12:00:00Z'),
    );
    assert.deepEqual(freeze, { until: at('2026-11-25T00:00:00Z'), reason: 'summit' });
  });

  it('refuses what is no window, with a sentence', () => {
    for (const [window, problem] of [
      [{ from: 'soon', to: '2026-12-20' }, /'soon' is neither a date/],
      [{ from: 'Fri 25:00', to: 'Mon 08:00' }, /'Fri 25:00' is neither/],
      [{ from: '2026-13-01', to: '2026-12-20' }, /'2026-13-01' is neither/],
      [{ from: 'Fri 16:00', to: '2026-12-20' }, /two of one kind/],
      [{ from: '2026-12-20', to: '2026-12-20' }, /ends before it begins/],
      [{ from: '2026-12-20', to: '2026-12-21', timeZone: 'Mars/Olympus' }, /no time zone such as/],
    ] as const) {
      assert.match(freezeProblem(window) ?? '', problem);
    }
    assert.equal(freezeProblem({ from: 'Fri 16:00', to: 'Mon 08:00', timeZone: 'Europe/Berlin' }), undefined);
  });

  it('holds for a week at most from when it is asked, where it comes every week', () => {
    const day = fc.constantFrom('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun');
    const two = (value: number): string => String(value).padStart(2, '0');
    const moment = fc
      .tuple(day, fc.nat(23), fc.nat(59))
      .map(([name, hours, minutes]) => `${name} ${two(hours)}:${two(minutes)}`);
    const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata');
    const now = fc.integer({ min: at('2024-01-01T00:00:00Z'), max: at('2030-01-01T00:00:00Z') });
    fc.assert(
      fc.property(moment, moment, zone, now, (from, to, timeZone, now) => {
        const until = freezeAt([{ from, to, timeZone }], now)?.until;
        if (until === undefined) return;
        assert.ok(until > now - 3_600_000 && until - now <= 8 * 24 * 3_600_000);
      }),
    );
  });
});
