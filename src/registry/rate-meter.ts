const WINDOW_MS = 1_000;

/** Measures how often something happens. Knows no clock; times are milliseconds. */
export interface RateMeter {
  count(now: number): void;
  /** How often it happened in the better one of the last two seconds. */
  perSecond(now: number): number;
}

export function createRateMeter(): RateMeter {
  let since = Number.NEGATIVE_INFINITY;
  let before = 0;
  let current = 0;
  function roll(now: number): void {
    const elapsed = now - since;
    if (elapsed < WINDOW_MS) return;
    before = elapsed < 2 * WINDOW_MS ? current : 0;
    current = 0;
    since = now;
  }
  return {
    count(now) {
      roll(now);
      current += 1;
    },
    perSecond(now) {
      roll(now);
      return Math.max(before, current);
    },
  };
}
