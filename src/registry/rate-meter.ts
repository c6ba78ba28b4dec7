const WINDOW_MS = 1_000;
/** The shortest time that a rate is worked out from. */
const LEAST_MS = 20;
/** What part of a second says something about it, when the one before is known. */
const TELLING_MS = 300;

/** Measures how often something happens. Knows no clock; times are milliseconds. */
export interface RateMeter {
  count(now: number): void;
  /**
   * How often it happens in a second: in the better one of the last two, or, while it has not been measured for so long,
   * by what there is since the beginning.
   */
  perSecond(now: number): number;
  /** Whether that is more than a guess: it has been measured for a second. */
  isSure(now: number): boolean;
  /** Begins anew: what was before says nothing about what comes. */
  restart(now: number): void;
}

export function createRateMeter(): RateMeter {
  let since = Number.NEGATIVE_INFINITY;
  let before: number | undefined;
  let current = 0;
  function restart(now: number): void {
    since = now;
    before = undefined;
    current = 0;
  }
  function roll(now: number): void {
    const elapsed = now - since;
    if (elapsed < WINDOW_MS) return;
    if (elapsed >= 2 * WINDOW_MS) return restart(now);
    before = current;
    current = 0;
    since += WINDOW_MS;
  }
  return {
    count(now) {
      roll(now);
      current += 1;
    },
    perSecond(now) {
      roll(now);
      const elapsed = now - since;
      if (before === undefined) return (current * WINDOW_MS) / Math.max(LEAST_MS, elapsed);
      return Math.max(before, current, elapsed < TELLING_MS ? 0 : (current * WINDOW_MS) / elapsed);
    },
    isSure(now) {
      roll(now);
      return before !== undefined;
    },
    restart,
  };
}
