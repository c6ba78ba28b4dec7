import type { Clock } from '../../src/registry/clock.ts';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that stands still until it is told to move. */
export interface FakeClock extends Clock {
  /** Moves on, running what falls due on the way, each at its own time. */
  advance(ms: number): Promise<void>;
  /** How many timers are set. */
  readonly timers: () => number;
}

export function createFakeClock(): FakeClock {
  let now = 1_000_000;
  const timers = new Set<Timer>();
  return {
    now: () => now,
    timers: () => timers.size,
    schedule(delayMs, run) {
      const timer = { at: now + delayMs, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (;;) {
        const next = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.run();
        await settle();
      }
      now = until;
    },
  };
}

/** Lets everything go on that waits for nothing but a promise. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });
}
