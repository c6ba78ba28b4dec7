import type { Lease, LeaseRequest } from './budget-messages.ts';
import { fairShare, type Demand } from './fair-share.ts';
import { rateAt, type Limit } from './shared-rate.ts';

/** What one worker has been given, and what it said when it asked. */
export interface Share extends Demand {
  /** Requests a second; absent when no limit was known. */
  readonly rps?: number;
  readonly granted: number;
  readonly ceiling?: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Who has been given how much of one host's budget. Times are milliseconds since the epoch. */
export interface LeaseBook {
  readonly shares: Readonly<Record<string, Share>>;
  /** What an operator allows, whatever the workers are configured with. */
  readonly operatorCeiling?: number;
  readonly limit?: Limit;
  readonly throttle?: { readonly at: number; readonly worker: string; readonly retryAfterMs: number };
}

export const BLANK_BOOK: LeaseBook = { shares: {} };

/** Throttles within this time after one that was counted are echoes of it: the others do not know their new share yet. */
const COOL_DOWN_MS = 10_000;
/** The more workers, the longer their leases: a host's budget hears about as many renewals a second however many there are. */
const PERIOD_PER_WORKER_MS = 750;
const SHORTEST_PERIOD_MS = 3_000;
const LONGEST_PERIOD_MS = 15_000;
/** Leases are short while one who has come is still to get its part, or may have come with others beside it. */
const SHORT_LEASE_MS = 3_000;
const SHORT_LEASE_PER_WORKER_MS = 500;
/** Somebody who has less than this part of a fair share is waiting for the others to make room. */
const DEPRIVED = 0.5;
/** What a worker gets at once however little is free, in requests a second. */
const LEAST_SHARE = 0.5;
/** Few answers in a second do not show that the host's limit is as low as that. */
const LEAST_EVIDENCE = 10;

/**
 * Gives a worker its share, in place of the one it had. Together the shares stay within what the host allows, except that
 * a newcomer gets {@link LEAST_SHARE} at once, and that nothing is taken back before its lease ends or is renewed.
 */
export function takeLease(
  book: LeaseBook,
  request: LeaseRequest,
  now: number,
): { readonly book: LeaseBook; readonly lease: Lease } {
  const { worker } = request;
  const { shares } = withoutExpired(book, now);
  const { [worker]: found, ...others } = shares;
  // A worker may have named itself like something that every object has.
  const before = Object.hasOwn(shares, worker) ? found : undefined;
  const asking: Share = {
    ...(before === undefined ? {} : { want: request.want }),
    granted: request.granted ?? request.want,
    until: now,
    ...(request.ceiling === undefined ? {} : { ceiling: request.ceiling }),
    ...(request.part === undefined ? {} : { part: request.part }),
  };
  const asked = learn({ ...book, shares: { ...others, [worker]: asking } }, request, before === undefined, now);
  const rate = bookRate(asked, now);
  if (rate === undefined) {
    const forMs = 2 * LONGEST_PERIOD_MS;
    return settle(asked, worker, { until: now + forMs, forMs });
  }
  const all = Object.values(asked.shares);
  const fair = fairShare(rate, asking, all);
  const free = rate - Object.values(others).reduce((sum, share) => sum + heldBy(share), 0);
  const room = Math.max(free, before === undefined ? 0 : heldBy(before), LEAST_SHARE);
  const rps = Math.min(fair, room);
  const isWaitedFor = Object.values(others).some((share) => heldBy(share) < DEPRIVED * fairShare(rate, share, all));
  const isSettled = before !== undefined && rps >= DEPRIVED * fair && !isWaitedFor;
  const forMs = isSettled
    ? 2 * periodFor(all.length)
    : Math.max(SHORT_LEASE_MS, SHORT_LEASE_PER_WORKER_MS * all.length);
  return settle(asked, worker, { rps, until: now + forMs, forMs });
}

/** Requests a second that are given out at this moment; nothing while no limit is known. */
export function bookRate(book: LeaseBook, now: number): number | undefined {
  return rateAt(book.limit, ceilingOf(book), now);
}

/** The operator's ceiling, else the lowest that a worker is configured with. */
export function ceilingOf({ operatorCeiling, shares }: LeaseBook): number | undefined {
  const configured = Object.values(shares).flatMap(({ ceiling }) => ceiling ?? []);
  return operatorCeiling ?? (configured.length === 0 ? undefined : Math.min(...configured));
}

/** The book without the leases that have ended: their shares are free again. */
export function withoutExpired(book: LeaseBook, now: number): LeaseBook {
  return { ...book, shares: Object.fromEntries(Object.entries(book.shares).filter(([, { until }]) => until > now)) };
}

function settle(book: LeaseBook, worker: string, lease: Lease): { readonly book: LeaseBook; readonly lease: Lease } {
  const { granted = 0, ...share } = book.shares[worker] ?? {};
  const { rps, until } = lease;
  const settled = { ...share, granted, until, ...(rps === undefined ? {} : { rps }) };
  return { book: { ...book, shares: { ...book.shares, [worker]: settled } }, lease };
}

/** Takes in what a request says of the host. */
function learn(book: LeaseBook, request: LeaseRequest, isNew: boolean, now: number): LeaseBook {
  const { worker, sawThrottle = false, retryAfterMs = 0, granted = 0 } = request;
  const { throttle, limit } = book;
  const isEcho = throttle !== undefined && now < throttle.at + Math.max(COOL_DOWN_MS, throttle.retryAfterMs);
  if (sawThrottle && !isEcho) {
    const evidence = Math.max(grantedToAll(book, worker), LEAST_EVIDENCE);
    const rps = Math.min(evidence, bookRate(book, now) ?? evidence);
    return { ...book, limit: { rps, at: now }, throttle: { at: now, worker, retryAfterMs } };
  }
  // The first to report a 429 knows of its own requests only; what the host granted the others is part of its limit too.
  const adds = isNew && limit !== undefined && now < limit.at + COOL_DOWN_MS;
  return adds ? { ...book, limit: { ...limit, rps: limit.rps + granted } } : book;
}

/** What the host grants all workers a second; those who have not said yet count as much as the others. */
function grantedToAll({ shares }: LeaseBook, reporter: string): number {
  const said = Object.entries(shares).filter(([worker, { want }]) => worker === reporter || want !== undefined);
  const sum = said.reduce((total, [, { granted }]) => total + granted, 0);
  return (sum * Object.keys(shares).length) / Math.max(1, said.length);
}

function heldBy({ rps, granted }: Share): number {
  return rps ?? granted;
}

function periodFor(workers: number): number {
  return Math.min(LONGEST_PERIOD_MS, Math.max(SHORTEST_PERIOD_MS, workers * PERIOD_PER_WORKER_MS));
}
