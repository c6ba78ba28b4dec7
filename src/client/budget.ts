import { isGrpcDeadlineError } from '@temporalio/client';
import { loadConfig } from '../config.ts';
import { PromoterError } from '../errors.ts';
import { budgetId, type BudgetState } from '../workflows/budget-messages.ts';
import { bookRate, ceilingOf, withoutExpired } from '../workflows/lease-book.ts';
import type { ServerOptions } from './common-options.ts';
import { writeJsonResult } from './json-result.ts';
import type { CommandOutput } from './output.ts';
import { connectBudgets } from './registry-budgets.ts';
import { withSession } from './session-loop.ts';
import { renderTable } from './text-table.ts';

/**
 * Shows a host's budget, after changing its ceiling where a rate is given.
 *
 * @throws PromoterError `TemporalUnavailable` when no worker answers, and what opening a session throws
 */
export async function runBudget(
  host: string,
  rate: number | 'default' | undefined,
  options: ServerOptions,
  output: CommandOutput,
): Promise<void> {
  const config = await loadConfig(options);
  const onNote = (note: string): void => void output.stderr.write(`${note}\n`);
  const state = await withSession(config, { worker: true, onNote }, async ({ client, address }) => {
    const budgets = connectBudgets(client, config.taskQueue);
    try {
      if (rate !== undefined) await budgets.setCeiling(host, rate === 'default' ? undefined : rate);
      return await budgets.read(host);
    } catch (error) {
      throw isSilence(error) ? noWorker(host, address, error) : error;
    }
  });
  output.setExitCode(0);
  if (options.json === true) await writeJsonResult(output.stdout, { host, workflowId: budgetId(host), ...state });
  else output.stdout.write(state === undefined ? `nobody needs ${host} at the moment\n` : renderState(host, state));
}

/** What a budget knows, for people. */
export function renderState(host: string, { book, writer }: BudgetState, now = Date.now()): string {
  const rate = bookRate(book, now);
  const ceiling = ceilingOf(book);
  const origin = book.operatorCeiling === undefined ? 'as the workers are configured' : 'set by an operator';
  const top = ceiling === undefined ? 'no ceiling is set' : `ceiling ${round(ceiling)}, ${origin}`;
  const lines = [
    rate === undefined
      ? `${host}: no limit is known`
      : `${host}: ${round(rate)} requests a second for all workers together (${top})`,
    ...(book.throttle === undefined
      ? []
      : [`last 429 at ${timeOf(book.throttle.at)}, reported by ${book.throttle.worker}`]),
    ...(writer === undefined || writer.until <= now ? [] : [`only ${writer.workflowId} may write there`]),
  ];
  const rows = Object.entries(withoutExpired(book, now).shares).map(([worker, { rps, until }]) => [
    worker,
    rps === undefined ? 'any' : round(rps),
    timeOf(until),
  ]);
  if (rows.length === 0) lines.push('no worker asks anything of it at the moment; is the name right?');
  const table = rows.length === 0 ? '' : renderTable(['WORKER', 'REQUESTS/S', 'UNTIL'], rows);
  return `${lines.map((line) => `${line}\n`).join('')}${table}`;
}

function isSilence(error: unknown): boolean {
  return isGrpcDeadlineError(error) || (error instanceof Error && isGrpcDeadlineError(error.cause));
}

function noWorker(host: string, address: string, cause: unknown): PromoterError {
  return new PromoterError(
    'TemporalUnavailable',
    `could not reach the budget of ${host}: no worker answers; start one with: TEMPORAL_ADDRESS=${address} promoter worker`,
    { cause },
  );
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}
