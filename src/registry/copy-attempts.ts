import { setTimeout as sleep } from 'node:timers/promises';
import { PromoterError } from '../errors.ts';

const ATTEMPTS = 3;
const FIRST_DELAY_MS = 100;

/** A registry that asks for more patience than this gets it from the caller, who need not hold blobs meanwhile. */
const LONGEST_DELAY_MS = 5_000;

/**
 * Does again what failed, at most three times in all.
 *
 * The client repeats requests; this is for what takes more than one, such as a stream that breaks in the middle or an
 * upload that needs a new session.
 */
export async function attempt<T>(
  run: (earlier: number) => Promise<T>,
  isWorthwhile: (error: PromoterError) => boolean,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let earlier = 0; ; earlier += 1) {
    try {
      return await run(earlier);
    } catch (error) {
      if (signal?.aborted === true || earlier + 1 >= ATTEMPTS) throw error;
      if (!(error instanceof PromoterError) || !isWorthwhile(error)) throw error;
      const delay = error.retryAfterMs ?? FIRST_DELAY_MS * 2 ** earlier;
      if (delay > LONGEST_DELAY_MS) throw error;
      await sleep(delay, undefined, signal === undefined ? {} : { signal });
    }
  }
}
