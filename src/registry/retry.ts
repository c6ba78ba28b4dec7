import { PromoterError } from '../errors.ts';
import type { Clock } from './clock.ts';
import { sleep } from './clock.ts';
import type { Layer, RegistryRequest, RegistryResponse } from './exchange.ts';
import { failureOf } from './failure.ts';
import { retryAfterOf } from '../retry-after.ts';

export interface RetryPolicy {
  /** How often a request is sent, the first time included. */
  readonly tries: number;
  /** The same for requests that the host refuses as too many: those did no harm, and their turn comes. */
  readonly throttledTries: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** Longest wait asked for by a host that is obeyed here; a longer one is the caller's to wait for. */
  readonly maxObeyedMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  tries: 4,
  throttledTries: 10,
  firstDelayMs: 200,
  maxDelayMs: 5_000,
  maxObeyedMs: 30_000,
};

const PASSING = new Set([408, 500, 502, 503, 504]);

type Outcome = RegistryResponse | PromoterError;

/**
 * Sends a request again when the network failed, the host was in trouble, or asked for patience; with growing delays that
 * are spread at random, so that many callers do not come back together.
 *
 * @returns the last answer, whatever its status
 * @throws PromoterError `RegistryThrottled` or `RegistryUnavailable` with `retryAfterMs`, when the host asks for a wait
 *   longer than `maxObeyedMs`; what the last try threw
 */
export function createRetry(policy: RetryPolicy, clock: Clock, random: () => number = Math.random): Layer {
  return (next) =>
    async function retry(request) {
      for (let tries = 1, throttled = 0; ;) {
        const outcome = await next(request).catch(asOutcome);
        const isThrottled = wasThrottled(outcome);
        if (isThrottled) throttled += 1;
        const last = isThrottled ? throttled >= policy.throttledTries : tries >= policy.tries;
        if (last || !(isThrottled || canRepeat(request, outcome))) return unwrap(outcome);
        const askedMs = waitAskedBy(request, outcome, policy);
        const growth = 2 ** ((isThrottled ? throttled : tries) - 1);
        const delay = Math.min(policy.maxDelayMs, policy.firstDelayMs * growth) * (0.5 + random() / 2);
        // Budgets keep everybody away from a host for as long as it asked; this adds the spread.
        await sleep(clock, askedMs === undefined ? delay : askedMs + random() * policy.firstDelayMs, request.signal);
        if (!isThrottled) tries += 1;
      }
    };
}

function asOutcome(error: unknown): PromoterError {
  if (error instanceof PromoterError) return error;
  throw error;
}

function unwrap(outcome: Outcome): RegistryResponse {
  if (outcome instanceof PromoterError) throw outcome;
  return outcome;
}

/** Whether the host, or its token server, refused without doing anything. */
function wasThrottled(outcome: Outcome): boolean {
  return outcome instanceof PromoterError ? outcome.code === 'RegistryThrottled' : outcome.status === 429;
}

function canRepeat({ repeatable }: RegistryRequest, outcome: Outcome): boolean {
  if (!repeatable) return false;
  return outcome instanceof PromoterError ? outcome.code === 'RegistryUnavailable' : PASSING.has(outcome.status);
}

function waitAskedBy(request: RegistryRequest, outcome: Outcome, { maxObeyedMs }: RetryPolicy): number | undefined {
  const askedMs = outcome instanceof PromoterError ? outcome.retryAfterMs : retryAfterOf(outcome.headers, Date.now());
  if (askedMs !== undefined && askedMs > maxObeyedMs) {
    throw outcome instanceof PromoterError ? outcome : failureOf(request, outcome);
  }
  return askedMs;
}
