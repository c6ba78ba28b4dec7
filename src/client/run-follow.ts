import { isGrpcServiceError, ServiceError, WorkflowFailedError } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { PromoterError } from '../errors.ts';
import type { PromotionReport } from '../workflows/messages.ts';
import { aborted } from './interruption.ts';
import type { RunReference } from './run-request.ts';
import { readSetbacks, type Setback } from './run-setbacks.ts';
import type { TemporalSession } from './temporal-session.ts';

/** How following a run came to its end. */
export type RunEnd =
  | { readonly kind: 'ended'; readonly report: PromotionReport }
  | { readonly kind: 'held'; readonly report: PromotionReport }
  | { readonly kind: 'failed'; readonly failure: WorkflowFailedError; readonly report: PromotionReport | undefined }
  | { readonly kind: 'interrupted'; readonly report: PromotionReport | undefined };

export interface Follower {
  readonly onReport: (report: PromotionReport, setbacks: readonly Setback[]) => void;
  readonly onNote: (note: string) => void;
  /** Aborted when somebody wants to stop following. */
  readonly signal: AbortSignal;
  /** Whether a held phase ends the following. */
  readonly stopAtHold: boolean;
}

const FIRST_POLL_MS = 200;
const LONGEST_POLL_MS = 1_000;
const QUERY_TIMEOUT_MS = 5_000;
/** A call that lasted longer than the SDK's own retries must have had a connection. */
const CONNECTED_MS = 60_000;
/** The SDK's retries take about 20 s. */
const LOST_AFTER_FAILURES = 30;

/**
 * Follows a run to its end, through restarts of workers and server.
 *
 * @throws PromoterError `TemporalUnavailable` when the server cannot be reached for ten minutes; at once when the session
 *   is borrowed, since its owner may have stopped the server
 */
export async function followRun(session: TemporalSession, run: RunReference, follower: Follower): Promise<RunEnd> {
  const over = new AbortController();
  const result = awaitResult(session, run, follower, over.signal);
  const interrupted = aborted(follower.signal).then(() => 'interrupted' as const);
  const settled = Promise.race([result, interrupted, session.broken]);
  settled.catch(() => undefined);
  let report: PromotionReport | undefined;
  try {
    for (let interval = FIRST_POLL_MS; ; interval = Math.min(interval * 1.5, LONGEST_POLL_MS)) {
      const turn = await Promise.race([settled, delay(interval, 'poll' as const)]);
      if (turn === 'interrupted') return { kind: 'interrupted', report };
      if (turn !== 'poll') return 'outcome' in turn ? ended(turn, follower) : { kind: 'failed', failure: turn, report };
      const seen = await Promise.race([settled.then(() => undefined), readReport(session, run)]);
      if (seen === undefined) continue;
      report = seen;
      follower.onReport(report, await readSetbacks(session, run));
      if (report.outcome === 'held' && follower.stopAtHold) return { kind: 'held', report };
    }
  } finally {
    over.abort();
  }
}

function ended(report: PromotionReport, follower: Follower): RunEnd {
  follower.onReport(report, []);
  return { kind: 'ended', report };
}

/** What the run says of itself, or nothing while no worker answers. */
export async function readReport(
  session: TemporalSession,
  { workflowId }: RunReference,
): Promise<PromotionReport | undefined> {
  const deadline = Date.now() + QUERY_TIMEOUT_MS;
  try {
    return await session.client.withDeadline(deadline, () =>
      session.client.workflow.getHandle(workflowId).query<PromotionReport>('report'),
    );
  } catch {
    return undefined;
  }
}

async function awaitResult(
  session: TemporalSession,
  { workflowId, runId }: RunReference,
  follower: Follower,
  over: AbortSignal,
): Promise<PromotionReport | WorkflowFailedError> {
  for (let failures = 1; ; failures++) {
    const began = Date.now();
    try {
      return (await session.client.workflow.getHandle(workflowId, runId).result()) as PromotionReport;
    } catch (error) {
      if (error instanceof WorkflowFailedError) return error;
      if (!(error instanceof ServiceError) || over.aborted) throw error;
      if (Date.now() - began > CONNECTED_MS) failures = 1;
      if (session.server === 'borrowed' || failures === LOST_AFTER_FAILURES) throw lost(session, error);
      if (failures === 1) {
        follower.onNote(`lost the connection to the Temporal server at ${session.address}; trying again`);
      }
      await delay(LONGEST_POLL_MS);
    }
  }
}

function lost({ address }: TemporalSession, error: ServiceError): PromoterError {
  const details = isGrpcServiceError(error.cause) ? error.cause.details : error.message;
  const message = `lost the Temporal server at ${address}: ${details}; the run goes on as soon as it is back`;
  return new PromoterError('TemporalUnavailable', message, { cause: error });
}
