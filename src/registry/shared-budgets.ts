import type { Clock } from './clock.ts';
import type { BudgetFeedback } from './host-budget.ts';
import { createShareKeeper, type ShareKeeper } from './share-keeper.ts';

/** What a process says when it asks for its share of a host's budget. */
export interface ShareRequest {
  /** Requests a second that it could use. */
  readonly want: number;
  /** Requests a second that the host granted it of late. */
  readonly granted: number;
  /** The most that it may ask of the host; absent where it knows no limit. */
  readonly ceiling?: number;
  /** Of the host's budget, at most this part is for all together who name one; from 0 to 1. */
  readonly part?: number;
  /** The host has answered 429 since it last asked. */
  readonly sawThrottle?: boolean;
  readonly retryAfterMs?: number;
}

/** Who shares out the budgets that several processes use. */
export interface ShareSource {
  /**
   * @param create begin to share out the host's budget if nobody does yet
   * @returns the share and how long it lasts; without `rps` while no limit is known; nothing when nobody shares it out
   * @throws anything when it cannot be reached
   */
  lease(
    host: string,
    request: ShareRequest,
    create: boolean,
  ): Promise<{ readonly rps?: number; readonly forMs: number } | undefined>;
}

/** How a client takes part in budgets that others use too. */
export interface SharingOptions {
  readonly source: ShareSource;
  /** Set where this client stands back for others; see {@link ShareRequest}. */
  readonly part?: number;
  /** Without a share a host is asked at most this part of its ceiling: all the others may be in that position too. */
  readonly withoutShare: number;
  /** Told once when shares of a host stop coming, and once when they come again. */
  readonly onNote: (note: string, host: string) => void;
}

export interface SharedBudgetsOptions extends SharingOptions {
  /** A host's ceiling by configuration or preset; absent where none is known. */
  readonly ceilingOf: (host: string) => number | undefined;
  /** Limits a host; without a number it is as its own configuration says. */
  readonly limit: (host: string, requestsPerSecond: number | undefined) => void;
  /** Requests to a host that wait for their turn. */
  readonly waitingOf: (host: string) => number;
  readonly clock: Clock;
}

/** Keeps this process within its share of each host's budget. */
export interface SharedBudgets {
  /** Told of every request before it queues; what it returns has to be waited for. */
  asked(host: string): Promise<void> | undefined;
  /** Told what came back. */
  answered(host: string, feedback: BudgetFeedback): void;
  /** Asks for nothing more; the shares end by themselves. */
  close(): void;
}

/** Makes the keeper of all hosts' shares. */
export function createSharedBudgets(options: SharedBudgetsOptions): SharedBudgets {
  const keepers = new Map<string, ShareKeeper>();
  function keeperOf(host: string): ShareKeeper {
    let keeper = keepers.get(host);
    if (keeper === undefined) {
      keeper = createShareKeeper(host, options);
      keepers.set(host, keeper);
    }
    return keeper;
  }
  return {
    asked: (host) => keeperOf(host).asked(),
    answered: (host, feedback) => keeperOf(host).answered(feedback),
    close: () => keepers.forEach((keeper) => keeper.close()),
  };
}
