import { Transform } from 'node:stream';
import type { TrafficClass } from './registry-proxy-traffic.ts';

/**
 * What happens to a request: an answer made up by the proxy; no answer (`drop` closes the connection, `stall` keeps it);
 * an answer that is lost after the registry has acted (`lose-answer`), or one that says a write was done which never gets
 * to the registry (`lose-write`); a body that ends or hangs in its middle (`truncate`, `stall-body`), has one byte altered
 * (`corrupt`, of the request when that has the body), or is longer or shorter than announced; or a late one.
 */
export type FaultAction =
  | { readonly status: number; readonly retryAfter?: string; readonly code?: string }
  | { readonly delayMs: number }
  /** Added to `Content-Length`. */
  | { readonly announceMore: number }
  | 'drop'
  | 'stall'
  | 'lose-answer'
  | 'lose-write'
  | 'truncate'
  | 'stall-body'
  | 'corrupt';

export interface FaultRule {
  readonly class?: RegExp;
  /** Matched against path and query. */
  readonly path?: RegExp;
  /** How many matching requests are let through first. */
  readonly skip?: number;
  /** How many are hit after those; all by default. */
  readonly count?: number;
  /** Of being hit, from 0 to 1; the sequence is the same in every run. */
  readonly probability?: number;
  readonly action: FaultAction;
}

/** Chooses the fault for each request: that of the first rule that applies. */
export type FaultChooser = (requestClass: TrafficClass, path: string) => FaultAction | undefined;

/** Makes a chooser that counts from zero. */
export function createFaultChooser(rules: readonly FaultRule[]): FaultChooser {
  const matched = rules.map(() => 0);
  const random = createRandom(1);
  return (requestClass, path) => {
    for (const [index, rule] of rules.entries()) {
      if (rule.class?.test(requestClass) === false || rule.path?.test(path) === false) continue;
      const before = matched[index] ?? 0;
      const { skip = 0, count = Infinity, probability = 1 } = rule;
      if (before >= skip + count || random() >= probability) continue;
      matched[index] = before + 1;
      if (before >= skip) return rule.action;
    }
    return undefined;
  };
}

/** A stream that alters the first byte of a body. */
export function corruption(): Transform {
  let done = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      const altered = Buffer.from(chunk);
      if (!done && altered.length > 0) altered[0] = (altered[0] ?? 0) ^ 0xff;
      done = true;
      callback(null, altered);
    },
  });
}

/** A stream that lets `bytes` pass and calls `then` at the first one beyond, which it withholds with all that follow. */
export function interruption(bytes: number, then: () => void): Transform {
  let left = bytes;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      if (chunk.length <= left) {
        left -= chunk.length;
        callback(null, chunk);
        return;
      }
      // Without an answer to this callback nothing more is read.
      this.push(chunk.subarray(0, left));
      setImmediate(then);
    },
  });
}

/** Mulberry32: small, seeded, good enough to spread faults. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
