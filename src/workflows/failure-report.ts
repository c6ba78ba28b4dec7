import { ApplicationFailure } from '@temporalio/workflow';
import type { PromotionReport } from './messages.ts';

/** What every report of a run that can be held has. */
type HeldReport = Pick<PromotionReport, 'hold'> & { readonly outcome: string };

/**
 * Gives a run's report along with its failure: a failed run has no result, and answers queries only while a worker is there.
 *
 * @returns the error itself where the run does not fail by it, but is canceled or goes on as new
 */
export function withReport(error: unknown, report: HeldReport): unknown {
  if (!(error instanceof ApplicationFailure)) return error;
  const { message, type, nonRetryable, cause } = error;
  const { hold: _, ...rest } = report;
  const left: HeldReport = { ...rest, outcome: 'failed' };
  return ApplicationFailure.create({
    message,
    nonRetryable: nonRetryable ?? false,
    details: [left],
    ...(type === null || type === undefined ? {} : { type }),
    ...(cause === undefined ? {} : { cause }),
  });
}
