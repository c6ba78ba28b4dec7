import { PromoterError } from '../errors.ts';
import { AdaptiveRate } from './adaptive-rate.ts';
import type { Clock } from './clock.ts';
import { reasonOf } from './clock.ts';
import type { RateLimit } from './rate-limit-headers.ts';
import { TokenBucket } from './token-bucket.ts';

export interface HostBudgetOptions {
  readonly host: string;
  readonly requestsPerSecond: number;
  /** Requests that may wait for an answer at the same time. */
  readonly concurrency: number;
  /** Longest pause, asked for by the host, that callers are made to sit out; after a longer one they are sent away. */
  readonly maxPauseMs: number;
  readonly clock: Clock;
}

/** What a host answered, as far as its budget is concerned. */
export interface BudgetFeedback {
  readonly throttled: boolean;
  readonly retryAfterMs?: number;
  readonly rateLimit?: RateLimit;
}

/** A budget at one moment. */
export interface BudgetView {
  readonly host: string;
  readonly requestsPerSecond: number;
  readonly ceiling: number;
  readonly inFlight: number;
  readonly waiting: number;
  /** Milliseconds that the host asked us to stay away. */
  readonly pausedMs: number;
}

interface Waiter {
  readonly doing: string;
  readonly admit: (sentAt: number) => void;
  readonly refuse: (error: Error) => void;
}

/** Below this share of its quota a host is asked no faster than what is left allows. */
const SCARCE_SHARE = 0.1;
/** How many requests go at a time to a host that has granted none yet, and by how many more each one that it grants. */
const FIRST_WINDOW = 8;
const WINDOW_GROWTH = 0.5;

/**
 * Lets requests to one host through in the order they came: so many a second, so many at a time, and none while the host
 * asks for silence. A host that is new is approached with few at a time: nobody knows yet what it can take.
 */
export class HostBudget {
  readonly #options: HostBudgetOptions;
  readonly #clock: Clock;
  readonly #rate: AdaptiveRate;
  readonly #bucket: TokenBucket;
  readonly #queue = new Set<Waiter>();
  #inFlight = 0;
  #window: number;
  #pausedUntil = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(options: HostBudgetOptions) {
    const now = options.clock.now();
    this.#options = options;
    this.#clock = options.clock;
    this.#rate = new AdaptiveRate(options.requestsPerSecond);
    this.#bucket = new TokenBucket(options.requestsPerSecond, now);
    this.#window = Math.min(FIRST_WINDOW, options.concurrency);
  }

  /**
   * Waits for a turn; whoever gets it must {@link leave}.
   *
   * @returns when the turn began
   * @throws PromoterError `RegistryThrottled` when the host asked for a pause that is too long to sit out
   */
  enter(doing: string, signal?: AbortSignal): number | Promise<number> {
    const now = this.#clock.now();
    if (this.#queue.size === 0 && this.#waitMs(now) === 0 && this.#hasRoom()) return this.#admit(now);
    if (this.#pausedUntil - now > this.#options.maxPauseMs) return Promise.reject(this.#refusal(doing, now));
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#queue.delete(waiter);
        reject(reasonOf(signal));
      };
      const settled = () => signal?.removeEventListener('abort', abort);
      const waiter: Waiter = {
        doing,
        admit: (sentAt) => (settled(), resolve(sentAt)),
        refuse: (error) => (settled(), reject(error)),
      };
      this.#queue.add(waiter);
      signal?.addEventListener('abort', abort, { once: true });
      this.#pump();
    });
  }

  /** Ends a turn, and learns from what came back. */
  leave(sentAt: number, feedback?: BudgetFeedback): void {
    this.#inFlight -= 1;
    if (feedback !== undefined) this.#learn(sentAt, feedback);
    if (this.#queue.size > 0) this.#pump();
  }

  setCeiling(requestsPerSecond: number): void {
    this.#rate.ceiling = requestsPerSecond;
    this.#pump();
  }

  view(): BudgetView {
    const now = this.#clock.now();
    return {
      host: this.#options.host,
      requestsPerSecond: this.#rate.at(now),
      ceiling: this.#rate.ceiling,
      inFlight: this.#inFlight,
      waiting: this.#queue.size,
      pausedMs: Math.max(0, this.#pausedUntil - now),
    };
  }

  #learn(sentAt: number, { throttled, retryAfterMs, rateLimit }: BudgetFeedback): void {
    const now = this.#clock.now();
    if (throttled && this.#rate.throttled(sentAt, now)) this.#bucket.drain(now);
    if (!throttled) {
      this.#rate.granted(now);
      this.#window = Math.min(this.#options.concurrency, this.#window + WINDOW_GROWTH);
    }
    if (retryAfterMs !== undefined) this.#pause(retryAfterMs, now);
    const { remaining, limit, resetMs } = rateLimit ?? {};
    if (remaining === undefined || resetMs === undefined || resetMs === 0) return;
    if (remaining === 0) this.#pause(resetMs, now);
    else if (remaining < (limit ?? 0) * SCARCE_SHARE) this.#rate.limitTo((remaining * 1000) / resetMs, now);
  }

  #pause(forMs: number, now: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, now + forMs);
    if (this.#pausedUntil - now <= this.#options.maxPauseMs) return;
    for (const waiter of this.#queue) waiter.refuse(this.#refusal(waiter.doing, now));
    this.#queue.clear();
  }

  #pump(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (const waiter of this.#queue) {
      if (!this.#hasRoom()) return;
      const now = this.#clock.now();
      const waitMs = this.#waitMs(now);
      if (waitMs > 0) {
        this.#cancelTimer = this.#clock.schedule(waitMs, () => this.#pump());
        return;
      }
      this.#queue.delete(waiter);
      waiter.admit(this.#admit(now));
    }
  }

  #hasRoom(): boolean {
    return this.#inFlight < Math.floor(this.#window);
  }

  #waitMs(now: number): number {
    if (this.#pausedUntil > now) return this.#pausedUntil - now;
    this.#bucket.setRate(this.#rate.at(now), now);
    return this.#bucket.waitMs(now);
  }

  #admit(now: number): number {
    this.#bucket.take();
    this.#inFlight += 1;
    return now;
  }

  #refusal(doing: string, now: number): PromoterError {
    const retryAfterMs = Math.ceil(this.#pausedUntil - now);
    const { host } = this.#options;
    const message = `could not ${doing}: ${host} asks for no requests for another ${Math.ceil(retryAfterMs / 1000)} s. It is tried again then.`;
    return new PromoterError('RegistryThrottled', message, { retryAfterMs });
  }
}
