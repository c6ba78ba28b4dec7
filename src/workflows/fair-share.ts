/** What one of several asks of a host. */
export interface Demand {
  /** Requests a second; absent for a newcomer, who counts as wanting as much as anybody until it says so. */
  readonly want?: number;
  /** Set for those who stand back: all of them together get at most this part of the rate, from 0 to 1. */
  readonly part?: number;
}

/** Everybody counts as wanting so many requests a second, so that nobody has to begin from nothing. */
const LEAST_WANT = 1;

/**
 * What is due to one of several: nobody gets more than it wants while another one wants more, those who want too much get
 * the same, and what nobody wants is spread evenly.
 *
 * Those who stand back never get more than their part, not even when they are alone: whoever comes finds the rest free.
 * Beside others they get no more than they want, no more than anybody's fair share, and no more than their part of what
 * the others get: with a quarter, one request for each four, which makes the others take 1.25 times as long and not 1.33.
 *
 * @param one of `all`
 */
export function fairShare(rate: number, one: Demand, all: readonly Demand[]): number {
  const most = Math.max(LEAST_WANT, ...all.map(({ want = LEAST_WANT }) => want));
  const wantOf = ({ want = most }: Demand): number => Math.max(LEAST_WANT, want);
  const [first, back] = [all.filter(({ part }) => part === undefined), all.filter(({ part }) => part !== undefined)];
  const set = setAside(rate, back, first, wantOf);
  const [those, theirs] = one.part === undefined ? [first, rate - set] : [back, set];
  const { level, surplus } = divide(theirs, those.map(wantOf));
  return Math.min(wantOf(one), level) + surplus;
}

/** How much those who stand back get together. */
function setAside(
  rate: number,
  back: readonly Demand[],
  first: readonly Demand[],
  wantOf: (one: Demand) => number,
): number {
  if (back.length === 0) return 0;
  const part = Math.min(...back.map(({ part = 1 }) => part));
  if (first.length === 0) return rate * part;
  const { level } = divide(rate, [...back, ...first].map(wantOf));
  const wanted = back.reduce((sum, one) => sum + Math.min(wantOf(one), level), 0);
  return Math.min((rate * part) / (1 + part), wanted);
}

/** Up to which `level` everybody gets what it wants, and what each gets of the rest. */
function divide(rate: number, wants: readonly number[]): { readonly level: number; readonly surplus: number } {
  let left = rate;
  for (const [index, want] of wants.toSorted((a, b) => a - b).entries()) {
    const level = left / (wants.length - index);
    if (want > level) return { level, surplus: 0 };
    left -= want;
  }
  return { level: Number.POSITIVE_INFINITY, surplus: left / wants.length };
}
