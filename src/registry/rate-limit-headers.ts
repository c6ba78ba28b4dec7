import type { IncomingHttpHeaders } from 'node:http';
import { LONGEST_WAIT_MS } from '../retry-after.ts';

/** What a host says of its quota. */
export interface RateLimit {
  /** Requests left in this window. */
  readonly remaining: number;
  /** Requests that the window grants. */
  readonly limit?: number;
  /** Milliseconds until the window ends, and no more than are granted to any wait. */
  readonly resetMs?: number;
}

/** Larger values of a reset are instants, as GitHub sends them, not delays. */
const EPOCH_SECONDS = 1_000_000_000;

/**
 * Reads the quota headers in use: `RateLimit` with `r` and `t` (draft-ietf-httpapi-ratelimit-headers 08 and later) or
 * with `limit`, `remaining` and `reset` (07), the separate `RateLimit-*` (06 and before, and Docker Hub's
 * `ratelimit-remaining: 76;w=21600`), and `X-RateLimit-*`.
 */
export function rateLimitOf(headers: IncomingHttpHeaders, nowEpochMs: number): RateLimit | undefined {
  const combined = valueOf(headers, 'ratelimit');
  if (combined !== undefined) {
    return rateLimit(
      member(combined, 'r') ?? member(combined, 'remaining'),
      member(combined, 'limit') ?? member(combined, 'q'),
      member(combined, 't') ?? member(combined, 'reset'),
      nowEpochMs,
    );
  }
  for (const prefix of ['ratelimit-', 'x-ratelimit-']) {
    const remaining = leadingNumber(valueOf(headers, `${prefix}remaining`));
    if (remaining === undefined) continue;
    const limit = leadingNumber(valueOf(headers, `${prefix}limit`));
    return rateLimit(remaining, limit, leadingNumber(valueOf(headers, `${prefix}reset`)), nowEpochMs);
  }
  return undefined;
}

function rateLimit(
  remaining: number | undefined,
  limit: number | undefined,
  reset: number | undefined,
  nowEpochMs: number,
): RateLimit | undefined {
  if (remaining === undefined) return undefined;
  const resetMs = reset === undefined || reset < EPOCH_SECONDS ? reset && reset * 1000 : reset * 1000 - nowEpochMs;
  return {
    remaining,
    ...(limit !== undefined && { limit }),
    ...(resetMs !== undefined && { resetMs: Math.min(Math.max(0, resetMs), LONGEST_WAIT_MS) }),
  };
}

function valueOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function leadingNumber(value: string | undefined): number | undefined {
  const digits = /^\s*(\d{1,15})(?![\d.])/.exec(value ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function member(value: string, name: string): number | undefined {
  const digits = new RegExp(`(?:^|[;,\\s])${name}=(\\d{1,15})(?![\\d.])`).exec(value)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
