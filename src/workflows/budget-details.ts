import type { BudgetState } from './budget-messages.ts';
import { bookRate, ceilingOf } from './lease-book.ts';
import { cell } from './plain-text.ts';

/** The UI passes details in a URL, so they have to stay short. */
const SHARES_SHOWN = 25;
const LONGEST_NAME = 100;

/** What the UI shows of a budget as its current details: the rate, who has how much of it, the last 429. Markdown. */
export function renderBudget(host: string, state: BudgetState, now: number): string {
  return [renderRate(host, state, now), renderThrottle(state), renderShares(state, now), renderWriter(state, now)]
    .filter((part) => part !== '')
    .join('\n\n');
}

function renderRate(host: string, { book }: BudgetState, now: number): string {
  const rate = bookRate(book, now);
  if (rate === undefined) return `**${host}**: no limit is known, and none is set.`;
  const ceiling = ceilingOf(book);
  const origin = book.operatorCeiling === undefined ? 'as the workers are configured' : 'set by an operator';
  const top = ceiling === undefined ? 'no ceiling' : `ceiling ${round(ceiling)}, ${origin}`;
  return `**${host}**: ${round(rate)} requests a second for all workers together (${top}).`;
}

function renderThrottle({ book: { throttle } }: BudgetState): string {
  if (throttle === undefined) return 'No 429 has been reported.';
  const { at, worker, retryAfterMs } = throttle;
  const asked = retryAfterMs === 0 ? '' : `, with Retry-After ${round(retryAfterMs / 1000)} s`;
  return `Last 429: ${timeOf(at)}, reported by ${cell(worker, LONGEST_NAME)}${asked}.`;
}

function renderShares({ book }: BudgetState, now: number): string {
  const shares = Object.entries(book.shares).filter(([, { until }]) => until > now);
  if (shares.length === 0) return 'No worker has a share.';
  const rows = shares
    .slice(0, SHARES_SHOWN)
    .map(
      ([worker, { rps, want, until }]) =>
        `| ${cell(worker, LONGEST_NAME)} | ${rps === undefined ? 'any' : round(rps)} | ${want === undefined ? '' : round(want)} | ${timeOf(until)} |`,
    );
  return ['| worker | requests/s | wants | until |', '|---|---|---|---|', ...rows].join('\n');
}

function renderWriter({ writer }: BudgetState, now: number): string {
  if (writer === undefined || writer.until <= now) return 'No run may write to the host at the moment.';
  return `Only ${cell(writer.workflowId, LONGEST_NAME)} may write to the host, until ${timeOf(writer.until)} unless it renews that.`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function timeOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
