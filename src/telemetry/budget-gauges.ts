import type { BudgetView } from '../registry/host-budget.ts';
import { UNLIMITED } from '../registry/host-presets.ts';
import type { Instruments } from './instruments.ts';

/** Sets the gauges of every host's budget to what they are now. */
export function showBudgets(instruments: Instruments, queue: string, budgets: readonly BudgetView[]): void {
  for (const { host, requestsPerSecond, ceiling, waiting, inFlight, pausedMs } of budgets) {
    const labels = { queue, host };
    if (ceiling < UNLIMITED) instruments.ceiling(ceiling, labels);
    if (requestsPerSecond < UNLIMITED) instruments.granted(requestsPerSecond, labels);
    instruments.waiting(waiting, labels);
    instruments.inFlight(inFlight, labels);
    instruments.pauseSeconds(pausedMs / 1000, labels);
  }
}
