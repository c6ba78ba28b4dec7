import { createRateMeter } from './rate-meter.ts';

/** Share of what the host granted that is asked for right after a 429. */
const BACK_OFF = 0.5;
/** Share of it that is returned to quickly, since the host is known to grant it. */
const KNOWN_GOOD = 0.9;
const RETURN_SECONDS = 2;
/** Beyond that, shares added by each further second, and by its square: slow near the limit, faster where there is none. */
const GROWTH = 0.02;
const GROWTH_SQUARED = 0.004;
const LOWEST = 0.5;
/** The rate at which a host is asked that has granted nothing yet, and by how much each request adds to it that is granted. */
const FIRST_RATE = 150;
const FIRST_GROWTH = 10;
/** A few answers in a second do not show that the host's limit is as low as that. */
const LEAST_EVIDENCE = 10;

/**
 * A request rate that finds its level: it starts low and grows with every request that is granted, up to its ceiling. When
 * the host says 429 it halves what the host has granted of late, returns to just below that, and from there on gropes
 * upwards (additive increase, multiplicative decrease, with the memory of the last limit that CUBIC, RFC 9438, adds to
 * it). Until the host has been asked for a second at one pace nothing is known of its limit but that it is lower: the pace
 * is halved, and doubled again each second. Knows no clock; times are milliseconds.
 */
export class AdaptiveRate {
  #ceiling: number;
  /** While no 429 has been seen. */
  #firstRate = FIRST_RATE;
  /** What the host granted, a second, when it last said 429. */
  #limit = Number.POSITIVE_INFINITY;
  /** Whether that has been measured, and is not merely what was asked for. */
  #isSure = true;
  #cutAt = Number.NEGATIVE_INFINITY;
  readonly #granted = createRateMeter();

  constructor(ceiling: number) {
    this.#ceiling = ceiling;
  }

  get ceiling(): number {
    return this.#ceiling;
  }

  set ceiling(requestsPerSecond: number) {
    this.#ceiling = requestsPerSecond;
  }

  /** Requests a second that are allowed now. */
  at(now: number): number {
    if (this.#limit === Number.POSITIVE_INFINITY) return Math.min(this.#ceiling, this.#firstRate);
    const seconds = (now - this.#cutAt) / 1000;
    const share = this.#isSure ? shareAfter(seconds) : BACK_OFF * 2 ** seconds;
    return Math.min(this.#ceiling, Math.max(LOWEST, this.#limit * share));
  }

  /** The host granted a request. */
  granted(now: number): void {
    this.#granted.count(now);
    this.#firstRate += FIRST_GROWTH;
  }

  /**
   * The host refused a request for being one too many. Requests that were on their way before the last cut say nothing
   * new, and are not counted again.
   *
   * @returns whether the rate was cut
   */
  throttled(sentAt: number, now: number): boolean {
    if (sentAt < this.#cutAt) return false;
    const asked = this.at(now);
    const evidence = Math.max(this.#granted.perSecond(now), LEAST_EVIDENCE);
    const isFirst = this.#limit === Number.POSITIVE_INFINITY;
    this.#isSure = this.#granted.isSure(now);
    this.#limit = this.#isSure || isFirst ? Math.min(asked, evidence) : asked;
    this.#cutAt = now;
    this.#granted.restart(now);
    return true;
  }

  /** The host says how much is left until it counts anew: go no faster than that. */
  limitTo(requestsPerSecond: number, now: number): void {
    if (requestsPerSecond >= this.at(now)) return;
    this.#limit = requestsPerSecond / BACK_OFF;
    this.#isSure = true;
    this.#cutAt = now;
  }
}

function shareAfter(seconds: number): number {
  if (seconds < RETURN_SECONDS) return BACK_OFF + ((KNOWN_GOOD - BACK_OFF) * seconds) / RETURN_SECONDS;
  const further = seconds - RETURN_SECONDS;
  return KNOWN_GOOD + GROWTH * further + GROWTH_SQUARED * further ** 2;
}
