/** Decides whether a host's request is one too many. */
export interface Limiter {
  /** Takes one request's share; false when there is none left. */
  take(host: string): boolean;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** A token bucket for each host, or one for all. */
export function createLimiter(rate: number, burst: number, scope: 'all' | 'host'): Limiter {
  const size = burst > 0 ? burst : rate;
  const buckets = new Map<string, Bucket>();
  return {
    take(host) {
      if (rate <= 0) return true;
      const key = scope === 'all' ? '' : host;
      const now = performance.now();
      const bucket = buckets.get(key) ?? { tokens: size, at: now };
      buckets.set(key, bucket);
      bucket.tokens = Math.min(size, bucket.tokens + ((now - bucket.at) / 1000) * rate);
      bucket.at = now;
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
  };
}
