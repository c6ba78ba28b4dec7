import { PromoterError } from '../errors.ts';

/** How many signing operations may be under way at once in this process. */
export interface Limits {
  /** Runs the work as soon as there is room for it. First come, first served. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export interface LimitOptions {
  /** `--max-signature-ops`; 50 unless given. */
  readonly maxSignatureOps?: number;
}

/**
 * A gate for calls to Fulcio, the logs and the timestamp authority.
 *
 * @throws PromoterError `ConfigInvalid` when the number admits nobody
 */
export function createLimits({ maxSignatureOps = 50 }: LimitOptions = {}): Limits {
  if (!Number.isInteger(maxSignatureOps) || maxSignatureOps < 1) {
    throw new PromoterError('ConfigInvalid', `max-signature-ops is ${maxSignatureOps}: give a whole number from 1`);
  }
  const waiting: (() => void)[] = [];
  let running = 0;

  async function enter(): Promise<void> {
    if (running < maxSignatureOps) {
      running += 1;
      return;
    }
    // The place is handed over by leave(), so the count stays.
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }

  return {
    async run(work) {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
