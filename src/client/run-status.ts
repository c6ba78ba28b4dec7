import { WorkflowFailedError, WorkflowNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client';
import { PromoterError } from '../errors.ts';
import type { PromotionReport } from '../workflows/messages.ts';
import { EXIT_CODE, exitCodeOfReport, type ExitCode } from './exit-code.ts';
import { describeThrown } from './failure-text.ts';
import { readReport } from './run-follow.ts';
import { destinationsKey, phaseKey, stateKey } from './search-attributes.ts';
import type { TemporalSession } from './temporal-session.ts';

/** How a run stands, from what the server knows without any worker. */
export interface RunStatus {
  readonly workflowId: string;
  readonly runId: string;
  /** `running`, `held`, `done`, `dry-run` or `quarantined`; or `failed`, `canceled`, `terminated`, `timed_out`. */
  readonly state: string;
  /** The phase that runs or is held. */
  readonly phase?: string;
  readonly destinations: readonly string[];
  readonly startedAt: string;
  readonly endedAt?: string;
}

/** A status with what only the run itself, or its result, can tell. */
export interface DetailedStatus extends RunStatus {
  readonly report?: PromotionReport;
  readonly failure?: string;
}

type Listed = Pick<
  WorkflowExecutionDescription,
  'workflowId' | 'runId' | 'status' | 'startTime' | 'closeTime' | 'typedSearchAttributes'
>;

/**
 * How a run stands, with its report: from its result when it has ended, else from the run, if a worker answers.
 *
 * @throws PromoterError `RunUnknown`
 */
export async function readStatus(session: TemporalSession, workflowId: string): Promise<DetailedStatus> {
  const handle = session.client.workflow.getHandle(workflowId);
  const status = statusOf(await describe(session, workflowId));
  if (status.endedAt === undefined) {
    const report = await readReport(session, workflowId);
    if (report === undefined) return status;
    const phase = report.phases.find(({ state }) => state === 'running' || state === 'held')?.name;
    return { ...status, state: report.outcome, ...(phase === undefined ? {} : { phase }), report };
  }
  try {
    const report = (await handle.result()) as PromotionReport;
    return { ...status, state: report.outcome, report };
  } catch (error) {
    if (error instanceof WorkflowFailedError) return { ...status, failure: describeThrown(error) };
    throw error;
  }
}

/** What the server knows of a run. */
export function statusOf(info: Listed): RunStatus {
  const { workflowId, runId, status, startTime, closeTime, typedSearchAttributes: attributes } = info;
  const phase = attributes.get(phaseKey);
  const ended = status.name === 'COMPLETED' || status.name === 'RUNNING' ? undefined : status.name.toLowerCase();
  return {
    workflowId,
    runId,
    state: ended ?? kebab(attributes.get(stateKey) ?? status.name),
    ...(closeTime === undefined && phase !== undefined && phase !== 'none' ? { phase } : {}),
    destinations: attributes.get(destinationsKey) ?? [],
    startedAt: startTime.toISOString(),
    ...(closeTime === undefined ? {} : { endedAt: closeTime.toISOString() }),
  };
}

/** The exit code for how a run stands. */
export function exitCodeOfStatus({ state, report, endedAt }: DetailedStatus): ExitCode {
  if (report !== undefined) return exitCodeOfReport(report);
  if (state === 'held') return EXIT_CODE.held;
  return endedAt === undefined ? EXIT_CODE.done : EXIT_CODE.failed;
}

async function describe({ client, address }: TemporalSession, workflowId: string) {
  try {
    return await client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    const message = `there is no run '${workflowId}' on ${address}; \`promoter list\` shows those that there are`;
    throw new PromoterError('RunUnknown', message, { cause: error });
  }
}

// The search attribute reads as people write it in the UI: `DryRun`.
function kebab(state: string): string {
  return state === state.toUpperCase()
    ? state.toLowerCase()
    : state.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}
