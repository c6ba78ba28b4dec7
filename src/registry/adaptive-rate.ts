const BACK_OFF = 0.5;
const RECOVERY_INTERVAL_MS = 1000;
/** Share of the rate at the last cut that each clean interval gives back. */
const RECOVERY_SHARE = 0.05;
const LOWEST = 0.5;
/** A few requests in a second do not show that the host's limit is as low as that. */
const LEAST_EVIDENCE = 10;

/**
 * A request rate that finds its level by additive increase and multiplicative decrease: it starts at its ceiling, halves
 * when the host says 429, and climbs back in equal steps while it does not. Knows no clock; times are milliseconds.
 */
export class AdaptiveRate {
  #ceiling: number;
  #rate: number;
  #step = 1;
  #changedAt: number;
  #cutAt = Number.NEGATIVE_INFINITY;
  #sent = { since: 0, before: 0, now: 0 };

  constructor(ceiling: number, now: number) {
    this.#ceiling = ceiling;
    this.#rate = ceiling;
    this.#changedAt = now;
  }

  get ceiling(): number {
    return this.#ceiling;
  }

  /** Requests a second that are allowed now. */
  at(now: number): number {
    const intervals = Math.floor((now - this.#changedAt) / RECOVERY_INTERVAL_MS);
    if (intervals > 0) {
      this.#rate = Math.min(this.#ceiling, this.#rate + intervals * this.#step);
      this.#changedAt += intervals * RECOVERY_INTERVAL_MS;
    }
    return this.#rate;
  }

  setCeiling(ceiling: number, now: number): void {
    // A rate that was never cut follows its ceiling up as well as down.
    const free = this.at(now) === this.#ceiling;
    this.#ceiling = ceiling;
    this.#rate = free ? ceiling : Math.min(this.#rate, ceiling);
  }

  /** Counts a request that is being sent: what is halved is the rate in use, not a ceiling far above it. */
  sent(now: number): void {
    this.#roll(now);
    this.#sent.now += 1;
  }

  /**
   * The host refused a request for being one too many. Requests that were on their way before the last cut say nothing
   * new, and are not counted again.
   */
  throttled(sentAt: number, now: number): void {
    if (sentAt < this.#cutAt) return;
    this.#roll(now);
    const inUse = Math.max(this.#sent.before, this.#sent.now, LEAST_EVIDENCE);
    this.#set(Math.min(this.at(now), inUse) * BACK_OFF, now);
    this.#cutAt = now;
  }

  /** The host says how much is left until it counts anew: go no faster than that. */
  limitTo(rate: number, now: number): void {
    if (rate < this.at(now)) this.#set(rate, now);
  }

  #set(rate: number, now: number): void {
    this.#rate = Math.min(this.#ceiling, Math.max(LOWEST, rate));
    this.#step = Math.max(LOWEST, this.#rate * RECOVERY_SHARE);
    this.#changedAt = now;
  }

  #roll(now: number): void {
    const elapsed = now - this.#sent.since;
    if (elapsed < 1000) return;
    this.#sent = { since: now, before: elapsed < 2000 ? this.#sent.now : 0, now: 0 };
  }
}
