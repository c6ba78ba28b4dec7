/** What all workers together were granted when the host last said 429. */
export interface Limit {
  /** Requests a second. */
  readonly rps: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Share of what the host granted that is given out right after a 429: whoever was told so halves its own rate at once. */
const BACK_OFF = 0.85;
/** Share of it that is returned to soon, since the host is known to grant it. */
const KNOWN_GOOD = 0.95;
const RETURN_SECONDS = 3;
/** After so many further seconds all of it is given out again; the curve is flat there, and steep long after (RFC 9438). */
const PLATEAU_SECONDS = 4;
const LOWEST = 0.5;

/**
 * Requests a second that all workers together may make now: somewhat less than what the host granted when it last
 * refused, growing from there up to the ceiling. It is worked out when somebody asks, so that no timer has to run.
 *
 * @returns nothing while no limit is known
 */
export function rateAt(limit: Limit | undefined, ceiling: number | undefined, now: number): number | undefined {
  if (limit === undefined) return ceiling;
  const rate = Math.max(LOWEST, limit.rps * partAfter((now - limit.at) / 1000));
  return ceiling === undefined ? rate : Math.min(ceiling, rate);
}

function partAfter(seconds: number): number {
  if (seconds < RETURN_SECONDS) return BACK_OFF + ((KNOWN_GOOD - BACK_OFF) * seconds) / RETURN_SECONDS;
  const beyond = (seconds - RETURN_SECONDS) / PLATEAU_SECONDS - 1;
  return 1 + (1 - KNOWN_GOOD) * beyond ** 3;
}
