import { PromoterError } from '../errors.ts';

/** Time as the layers see it, so that tests can turn it by hand. */
export interface Clock {
  /** Milliseconds that never jump. */
  now(): number;
  /** Runs something later; the result takes it back. */
  schedule(delayMs: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Waits; rejects with the signal's reason when it is aborted first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const cancel = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    function abort(): void {
      cancel();
      reject(reasonOf(signal));
    }
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** Why a signal was aborted. A reason that is no Error, which the platform allows, gets one around it. */
export function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new PromoterError('RequestInvalid', `aborted: ${String(reason)}`);
}

/** A promise that others wait for too, left when the signal is aborted; what it stands for goes on. */
export function unlessAborted<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return shared;
  return new Promise((resolve, reject) => {
    const abort = () => reject(reasonOf(signal));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
