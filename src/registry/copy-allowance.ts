/** A bounded amount of something (bytes, places) that is handed out in the order of asking. */
export interface Allowance {
  /**
   * Waits until there is enough left; the answer gives it back. More than there is at all is granted when nothing else
   * is out, so that nothing waits for ever.
   */
  take(amount: number, signal?: AbortSignal): Promise<() => void>;
}

interface Waiting {
  readonly amount: number;
  readonly grant: () => void;
}

/** Hands out at most `total` at a time. */
export function createAllowance(total: number): Allowance {
  const queue: Waiting[] = [];
  let left = total;

  function grantNext(): void {
    for (let first = queue[0]; first !== undefined && first.amount <= left; first = queue[0]) {
      queue.shift();
      left -= first.amount;
      first.grant();
    }
  }

  function giveBack(amount: number): () => void {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      left += amount;
      grantNext();
    };
  }

  return {
    take(wanted, signal) {
      const amount = Math.min(wanted, total);
      return new Promise((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(signal.reason as Error);
          return;
        }
        const leave = (): void => {
          queue.splice(queue.indexOf(waiting), 1);
          reject(signal?.reason as Error);
          grantNext();
        };
        const waiting: Waiting = {
          amount,
          grant: () => {
            signal?.removeEventListener('abort', leave);
            resolve(giveBack(amount));
          },
        };
        signal?.addEventListener('abort', leave, { once: true });
        queue.push(waiting);
        grantNext();
      });
    },
  };
}

/** Waits for a promise that others wait for too, but no longer than the signal allows. */
export async function waitFor<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return shared;
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
