/** How much of a second's tokens may be saved up: enough to keep short pauses from costing throughput. */
const BURST_SECONDS = 0.1;

/** A token bucket: grants `rate` requests a second, with small bursts. Knows no clock; times are milliseconds. */
export class TokenBucket {
  #rate: number;
  #tokens: number;
  #updatedAt: number;

  constructor(rate: number, now: number) {
    this.#rate = rate;
    this.#tokens = capacityOf(rate);
    this.#updatedAt = now;
  }

  setRate(rate: number, now: number): void {
    if (rate === this.#rate) return;
    this.#refill(now);
    this.#rate = rate;
    this.#tokens = Math.min(this.#tokens, capacityOf(rate));
  }

  /** How long until {@link take} is allowed; 0 when it is now. */
  waitMs(now: number): number {
    this.#refill(now);
    return this.#tokens >= 1 ? 0 : Math.max(1, Math.ceil(((1 - this.#tokens) * 1000) / this.#rate));
  }

  /** Spends one token, which {@link waitMs} said was there. */
  take(): void {
    this.#tokens -= 1;
  }

  /** Gives up what was saved: the host has shown that it grants no burst. */
  drain(now: number): void {
    this.#refill(now);
    this.#tokens = Math.min(this.#tokens, 0);
  }

  #refill(now: number): void {
    const earned = ((now - this.#updatedAt) * this.#rate) / 1000;
    this.#tokens = Math.min(capacityOf(this.#rate), this.#tokens + earned);
    this.#updatedAt = now;
  }
}

function capacityOf(rate: number): number {
  return Math.max(1, rate * BURST_SECONDS);
}
