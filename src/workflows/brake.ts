import { ActivityFailure, CancelledFailure, CancellationScope, condition, isCancellation } from '@temporalio/workflow';

/** How an activity came to its end, or to a stop. */
export type Guarded<T> =
  | { readonly kind: 'done'; readonly result: T }
  /** Where another activity can go on, by reference into the plan store; absent when there is nothing to go on with. */
  | { readonly kind: 'stopped'; readonly position?: string };

/** Stops the work of a run, and lets it go on where it was. */
export interface Brake {
  isOn(): boolean;
  /** Waits until work may begin. @param orElse what ends the wait as well */
  released(orElse?: () => boolean): Promise<void>;
  /** Lets an activity work until it ends, or until the brake stops it. */
  guard<T>(work: () => Promise<T>): Promise<Guarded<T>>;
  /** Lets an activity work to its end, however often it has to begin again. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Stops what is under way: its position is on record before anything begins again. */
  stop(): void;
  /** Does something while nothing is under way, one caller after the other, and lets the rest go on then. */
  during<T>(body: () => Promise<T>): Promise<T>;
}

/** For what nobody stops. */
export const NO_BRAKE: Pick<Brake, 'isOn' | 'released' | 'guard'> = {
  isOn: () => false,
  released: async () => undefined,
  guard: async (work) => ({ kind: 'done', result: await work() }),
};

/** The timer that says in the UI why nothing happens; renewed when it runs out. */
const LONGEST_TIMER = '30 days';

/**
 * Makes a brake.
 *
 * @param whyPaused what the UI is to say while somebody has the run paused; nothing when nobody has
 */
export function createBrake(whyPaused: () => string | undefined): Brake {
  const running = new Set<CancellationScope>();
  const stopped = new WeakSet<CancellationScope>();
  let holders = 0;
  let turn: Promise<unknown> = Promise.resolve();

  const isOn = (): boolean => holders > 0 || whyPaused() !== undefined;

  function stop(): void {
    for (const scope of running) {
      stopped.add(scope);
      scope.cancel();
    }
  }

  async function released(orElse: () => boolean = () => false): Promise<void> {
    while (isOn() && !orElse()) {
      const summary = whyPaused();
      const goesOn = (): boolean => !isOn() || orElse() || whyPaused() !== summary;
      if (summary === undefined) await condition(goesOn);
      else await condition(goesOn, LONGEST_TIMER, { summary });
    }
  }

  async function guard<T>(work: () => Promise<T>): Promise<Guarded<T>> {
    if (isOn()) return { kind: 'stopped' };
    const scope = new CancellationScope();
    running.add(scope);
    try {
      return { kind: 'done', result: await scope.run(work) };
    } catch (error) {
      // Whoever ends the run cancels as well, and is not to be held up.
      if (!isCancellation(error) || !stopped.has(scope)) throw error;
      const position = positionOf(error);
      return position === undefined ? { kind: 'stopped' } : { kind: 'stopped', position };
    } finally {
      running.delete(scope);
    }
  }

  return {
    isOn,
    released,
    guard,
    stop,
    async run(work) {
      for (;;) {
        await released();
        const outcome = await guard(work);
        if (outcome.kind === 'done') return outcome.result;
      }
    },
    async during(body) {
      holders++;
      stop();
      const mine = turn.then(async () => {
        await condition(() => running.size === 0);
        return body();
      });
      turn = mine.catch(() => undefined);
      return mine.finally(() => holders--);
    },
  };
}

// An activity that was waiting for its next attempt is cancelled by the server, which knows of no position.
function positionOf(error: unknown): string | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const [details] = cause instanceof CancelledFailure ? cause.details : [];
  if (typeof details !== 'object' || details === null || !('position' in details)) return undefined;
  return typeof details.position === 'string' ? details.position : undefined;
}
