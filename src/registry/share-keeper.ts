import { messageOf } from '../errors.ts';
import { sleep } from './clock.ts';
import type { BudgetFeedback } from './host-budget.ts';
import { createRateMeter } from './rate-meter.ts';
import type { SharedBudgetsOptions, ShareRequest } from './shared-budgets.ts';

/** Keeps this process within its share of one host's budget. */
export interface ShareKeeper {
  asked(): Promise<void> | undefined;
  answered(feedback: BudgetFeedback): void;
  close(): void;
}

/** How long first requests wait for a share, in milliseconds; after that they go with less. */
const FIRST_WAIT_MS = { limited: 250, unlimited: 50 };
/** A host that has not been asked for so long gets no new share. */
const IDLE_MS = 10_000;
/** How often a host without a known limit is looked after: another process may have found one. */
const LOOK_MS = 10_000;
/** After a 429 a new share is asked for soon, and not again for every further one. */
const THROTTLE_DELAY_MS = 200;
const THROTTLE_QUIET_MS = 5_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;

/** A 429 that has not been told of yet. */
interface Throttle {
  readonly retryAfterMs: number;
  /** Answers a second that the host had granted by then; 0 while that has not been measured for a second. */
  readonly granted: number;
}

/**
 * Asks for a share before the first request to the host and renews it while requests are made. When none is to be had,
 * the host gets the share that every process could take without asking.
 */
export function createShareKeeper(host: string, options: SharedBudgetsOptions): ShareKeeper {
  const { source, clock, part, withoutShare, onNote, limit, waitingOf } = options;
  const ceiling = options.ceilingOf(host);
  const meter = createRateMeter();
  let isReady = false;
  let first: Promise<void> | undefined;
  let isAsking = false;
  let isClosed = false;
  let share: number | undefined;
  let throttle: Throttle | undefined;
  let isLimited = ceiling !== undefined;
  let quietUntil = 0;
  let askedAt = 0;
  let failures = 0;
  let cancelRenewal = (): void => {};
  let cancelExpiry = (): void => {};

  async function begin(): Promise<void> {
    limit(host, floor());
    await Promise.race([renew(), sleep(clock, isLimited ? FIRST_WAIT_MS.limited : FIRST_WAIT_MS.unlimited)]);
    isReady = true;
    first = undefined;
  }

  async function renew(): Promise<void> {
    if (isAsking || isClosed) return;
    if (clock.now() - askedAt > IDLE_MS && waitingOf(host) === 0) {
      isReady = false;
      return;
    }
    isAsking = true;
    cancelRenewal();
    const reported = throttle;
    throttle = undefined;
    const sentAt = clock.now();
    try {
      const lease = await source.lease(host, requestNow(reported), isLimited);
      if (!isClosed) accept(lease, sentAt);
    } catch (error) {
      throttle ??= reported;
      if (!isClosed) recordFailure(error);
    } finally {
      isAsking = false;
    }
  }

  function requestNow(reported: Throttle | undefined): ShareRequest {
    // A pause may lie between the 429 and now, which says nothing of what the host grants.
    const granted = Math.max(meter.perSecond(clock.now()), reported?.granted ?? 0);
    return {
      want: Math.max(1, granted + waitingOf(host)),
      granted,
      ...(ceiling === undefined ? {} : { ceiling }),
      ...(part === undefined ? {} : { part }),
      ...(reported === undefined ? {} : { sawThrottle: true, retryAfterMs: reported.retryAfterMs }),
    };
  }

  function accept(lease: { readonly rps?: number; readonly forMs: number } | undefined, sentAt: number): void {
    if (failures > 1) onNote(`shares of the budget of ${host} come again`, host);
    failures = 0;
    cancelExpiry();
    share = lease?.rps;
    limit(host, share);
    if (lease === undefined) return schedule(LOOK_MS);
    const leftMs = Math.max(0, sentAt + lease.forMs - clock.now());
    cancelExpiry = clock.schedule(leftMs, expire);
    schedule(leftMs / 2);
  }

  function expire(): void {
    isReady = false;
    limit(host, floor());
  }

  function recordFailure(error: unknown): void {
    failures += 1;
    // Once is nothing: the share lasts for more than one renewal.
    if (failures === 2)
      onNote(`no share of the budget of ${host} is to be had, so it is asked less: ${messageOf(error)}`, host);
    schedule(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures));
  }

  /** What is safe without a share: nothing more than it was, and not more than all the others may ask at the same time. */
  function floor(): number | undefined {
    const known = [share, ceiling === undefined ? undefined : ceiling * withoutShare].filter(
      (rate) => rate !== undefined,
    );
    return known.length === 0 ? undefined : Math.min(...known);
  }

  function schedule(delayMs: number): void {
    cancelRenewal();
    // Processes that began together must not ask together ever after.
    cancelRenewal = clock.schedule(delayMs * (0.7 + 0.3 * Math.random()), () => void renew());
  }

  return {
    asked() {
      askedAt = clock.now();
      if (isReady) return undefined;
      first ??= begin();
      return first;
    },
    answered({ throttled, retryAfterMs = 0 }) {
      const now = clock.now();
      if (!throttled) return meter.count(now);
      const measured = meter.isSure(now) ? meter.perSecond(now) : 0;
      throttle = { retryAfterMs, granted: Math.max(measured, throttle?.granted ?? 0) };
      isLimited = true;
      if (now < quietUntil) return;
      quietUntil = now + THROTTLE_QUIET_MS;
      schedule(THROTTLE_DELAY_MS);
    },
    close() {
      isClosed = true;
      cancelRenewal();
      cancelExpiry();
    },
  };
}
