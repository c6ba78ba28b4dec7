import type { Clock } from './clock.ts';
import type { Layer, RegistryResponse } from './exchange.ts';
import type { BudgetFeedback, BudgetView } from './host-budget.ts';
import { HostBudget } from './host-budget.ts';
import { UNLIMITED } from './host-presets.ts';
import { rateLimitOf } from './rate-limit-headers.ts';
import { retryAfterOf } from '../retry-after.ts';
import { createSharedBudgets, type SharingOptions } from './shared-budgets.ts';

/** What a host may be asked for. */
export interface HostLimits {
  readonly requestsPerSecond: number;
  readonly concurrency: number;
}

export interface BudgetsOptions {
  readonly limitsOf: (host: string) => HostLimits;
  readonly maxPauseMs: number;
  readonly clock: Clock;
  /** Told how long each request waited for its turn. */
  readonly waited: (host: string, waitedMs: number) => void;
  /** Where other processes use the same budgets. */
  readonly sharing?: SharingOptions;
}

/** The budgets of all hosts. */
export interface Budgets {
  readonly layer: Layer;
  /** Limits a host to so many requests a second from now on; without a number, to what its configuration says. */
  setCeiling(host: string, requestsPerSecond: number | undefined): void;
  view(): BudgetView[];
  /** Takes no further part in what processes share. */
  close(): void;
}

/**
 * Makes every request wait for its host's turn. A turn ends when the headers arrive: a body that is streamed waits for
 * its reader, and the reader's own requests must not wait for it.
 */
export function createBudgets(options: BudgetsOptions): Budgets {
  const { clock, maxPauseMs, limitsOf, sharing } = options;
  const budgets = new Map<string, HostBudget>();
  function budgetOf(host: string): HostBudget {
    let budget = budgets.get(host);
    if (budget === undefined) {
      budget = new HostBudget({ host, clock, maxPauseMs, ...limitsOf(host) });
      budgets.set(host, budget);
    }
    return budget;
  }
  const setCeiling = (host: string, requestsPerSecond = limitsOf(host).requestsPerSecond): void =>
    budgetOf(host).setCeiling(requestsPerSecond);
  const shared =
    sharing &&
    createSharedBudgets({
      ...sharing,
      clock,
      limit: setCeiling,
      waitingOf: (host) => budgetOf(host).view().waiting,
      ceilingOf(host) {
        const { requestsPerSecond } = limitsOf(host);
        return requestsPerSecond < UNLIMITED ? requestsPerSecond : undefined;
      },
    });
  return {
    layer: (next) =>
      async function budget(request) {
        const arrangement = shared?.asked(request.host);
        if (arrangement !== undefined) await arrangement;
        const host = budgetOf(request.host);
        const turn = host.enter(request.doing, request.signal);
        const sentAt = typeof turn === 'number' ? turn : await waitFor(turn, request.host, options);
        let response: RegistryResponse | undefined;
        try {
          response = await next(request);
          return response;
        } finally {
          const feedback = response && feedbackOf(response);
          host.leave(sentAt, feedback);
          if (feedback !== undefined) shared?.answered(request.host, feedback);
        }
      },
    setCeiling,
    view: () => [...budgets.values()].map((budget) => budget.view()),
    close: () => shared?.close(),
  };
}

async function waitFor(turn: Promise<number>, host: string, { clock, waited }: BudgetsOptions): Promise<number> {
  const since = clock.now();
  try {
    return await turn;
  } finally {
    waited(host, clock.now() - since);
  }
}

function feedbackOf({ status, headers }: RegistryResponse): BudgetFeedback {
  const now = Date.now();
  const throttled = status === 429;
  // A 503 without this header is trouble at the host, not a request of it.
  const retryAfterMs = throttled || status === 503 ? retryAfterOf(headers, now) : undefined;
  const rateLimit = rateLimitOf(headers, now);
  return {
    throttled,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(rateLimit !== undefined && { rateLimit }),
  };
}
