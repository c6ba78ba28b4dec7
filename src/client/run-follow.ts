import { setTimeout as delay } from 'node:timers/promises';
import { ApplicationFailure, ServiceError, WorkflowFailedError } from '@temporalio/client';
import type { Outcome, PromotionReport } from '../workflows/messages.ts';
import { watchContact, type Look } from './contact.ts';
import { aborted } from './interruption.ts';
import { createCloseWatch } from './run-close.ts';
import type { RunReference } from './run-request.ts';
import { readPulse, STILL, type RunPulse } from './run-pulse.ts';
import { setbacksOf, type Setback } from './run-setbacks.ts';
import type { TemporalSession } from './temporal-session.ts';

/** How following a run came to its end. */
export type RunEnd<R = PromotionReport> =
  | { readonly kind: 'ended'; readonly report: R }
  | { readonly kind: 'held'; readonly report: R }
  | { readonly kind: 'failed'; readonly failure: WorkflowFailedError; readonly report: R | undefined }
  | { readonly kind: 'interrupted'; readonly report: R | undefined };

export interface Follower<R = PromotionReport> {
  readonly onReport: (report: R, setbacks: readonly Setback[], pulse: RunPulse) => void;
  readonly onNote: (note: string) => void;
  /** Aborted when somebody wants to stop following. */
  readonly signal: AbortSignal;
  /** Whether a held phase ends the following. */
  readonly stopAtHold: boolean;
}

/** A person has to do something before the run goes on. */
const STANDING: ReadonlySet<string> = new Set(['held', 'paused', 'awaiting-approval'] satisfies Outcome[]);

/** A look takes a query, for which a worker leaves the work of a small run. */
const FIRST_POLL_MS = 400;
const LONGEST_POLL_MS = 1_000;
/** Every call ends within this time, so that none is left when the connection is closed. */
const CALL_TIMEOUT_MS = 5_000;

/**
 * Follows a run to its end, through restarts of workers and server.
 *
 * @throws PromoterError `TemporalUnavailable` when the server cannot be reached for ten minutes; at once when the session
 *   is borrowed, since its owner may have stopped the server
 */
export async function followRun<R extends { readonly outcome: string } = PromotionReport>(
  session: TemporalSession,
  run: RunReference,
  follower: Follower<R>,
): Promise<RunEnd<R>> {
  const chain = await within(session, () => firstRunOf(session, run));
  const over = new AbortController();
  const stop = Promise.race([aborted(follower.signal).then(() => 'interrupted' as const), session.broken]);
  stop.catch(() => undefined);
  const contact = watchContact(session, follower.onNote);
  const closeWatch = createCloseWatch(session.client, run, over.signal);
  let report: R | undefined;
  try {
    for (let interval = FIRST_POLL_MS; ; interval = Math.min(interval * 1.5, LONGEST_POLL_MS)) {
      const looking = session.client.withAbortSignal(over.signal, () => lookAt<R>(session, run.workflowId, chain));
      // Nobody waits for it any more once the run has closed.
      looking.catch(() => undefined);
      const look = await Promise.race([looking, closeWatch()]);
      if (look === 'closed') return await endOf(session, run, follower, report);
      contact.record(look);
      if (look?.running === false) return await endOf(session, run, follower, report);
      if (look?.report !== undefined) {
        report = look.report;
        follower.onReport(report, look.setbacks, look.pulse);
        if (STANDING.has(report.outcome) && follower.stopAtHold) return { kind: 'held', report };
      }
      const pause = delay(interval, 'again' as const, { signal: over.signal });
      pause.catch(() => undefined);
      const next = await Promise.race([stop, closeWatch(), pause]);
      if (next === 'interrupted') return { kind: 'interrupted', report };
      if (next === 'closed') return await endOf(session, run, follower, report);
    }
  } finally {
    // What is still waited for would keep the process alive.
    over.abort();
  }
}

/** What the run says of itself, or nothing while no worker answers. */
export async function readReport<R = PromotionReport>(
  session: TemporalSession,
  workflowId: string,
): Promise<R | undefined> {
  try {
    const handle = session.client.workflow.getHandle(workflowId);
    return await within(session, () => handle.query<R>('report'));
  } catch {
    return undefined;
  }
}

/** The report that a failed run left in its failure; none of one that was terminated, say. */
export function reportOfFailure({ cause }: WorkflowFailedError): unknown {
  return cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
}

/** The first run of the chain that a run belongs to, which continues as new when its history grows. */
export async function firstRunOf(session: TemporalSession, { workflowId, runId }: RunReference): Promise<string> {
  const { raw } = await session.client.workflow.getHandle(workflowId, runId).describe();
  return raw.workflowExecutionInfo?.firstRunId || runId;
}

/** A look at the run; nothing when the server did not answer. @param chain its first run */
export async function lookAt<R = PromotionReport>(
  session: TemporalSession,
  workflowId: string,
  chain: string,
): Promise<Look<R> | undefined> {
  try {
    const description = await within(session, () => session.client.workflow.getHandle(workflowId).describe());
    const first = description.raw.workflowExecutionInfo?.firstRunId || description.runId;
    if (description.status.name !== 'RUNNING' || first !== chain) return { running: false };
    const pulse = await readPulse(session.client, description);
    return {
      running: true,
      report: await readReport<R>(session, workflowId),
      setbacks: setbacksOf(description),
      pulse,
    };
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

async function endOf<R>(
  session: TemporalSession,
  { workflowId, runId }: RunReference,
  { onReport }: Follower<R>,
  latest: R | undefined,
): Promise<RunEnd<R>> {
  try {
    const result = await within(session, () => session.client.workflow.getHandle(workflowId, runId).result());
    const report = result as R;
    onReport(report, [], STILL);
    return { kind: 'ended', report };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const left = (reportOfFailure(error) as R | undefined) ?? (await readReport<R>(session, workflowId));
    return { kind: 'failed', failure: error, report: left ?? latest };
  }
}

function within<T>({ client }: TemporalSession, call: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + CALL_TIMEOUT_MS, call);
}
