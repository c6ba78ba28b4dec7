import { WorkflowFailedError, WorkflowNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client';
import { PromoterError } from '../errors.ts';
import { currentPhase, type PromotionReport } from '../workflows/messages.ts';
import type { ReplicationReport } from '../workflows/replication-messages.ts';
import { EXIT_CODE, exitCodeOfReplication, exitCodeOfReport, type ExitCode } from './exit-code.ts';
import { describeThrown } from './failure-text.ts';
import { readReport, reportOfFailure } from './run-follow.ts';
import { destinationsKey, phaseKey, stateKey } from './search-attributes.ts';
import type { TemporalSession } from './temporal-session.ts';

/** What a run does, and the type of its workflow. A check of signatures is a replication that writes nothing. */
export const WORKFLOW_TYPES = { promotion: 'promotion', replication: 'signatureReplication' } as const;

const KNOWN_TYPES: ReadonlySet<string> = new Set(Object.values(WORKFLOW_TYPES));

export type RunKind = keyof typeof WORKFLOW_TYPES;

/** How a run stands, from what the server knows without any worker. */
export interface RunStatus<K extends RunKind = RunKind> {
  readonly kind: K;
  readonly workflowId: string;
  readonly runId: string;
  /** `running`, `held`, `paused`, `done`, `dry-run`, `quarantined` or `residue`; or `failed`, `canceled`, `terminated`, `timed_out`. */
  readonly state: string;
  /** The phase that runs or is held. */
  readonly phase?: string;
  readonly destinations: readonly string[];
  readonly startedAt: string;
  readonly endedAt?: string;
}

interface Reports {
  readonly promotion: PromotionReport;
  readonly replication: ReplicationReport;
}

/** A status with what only the run itself, or its result, can tell. */
interface DetailedStatus<K extends RunKind> extends RunStatus<K> {
  readonly report?: Reports[K];
  readonly failure?: string;
}

export type PromotionStatus = DetailedStatus<'promotion'>;
export type ReplicationStatus = DetailedStatus<'replication'>;

type Listed = Pick<
  WorkflowExecutionDescription,
  'type' | 'workflowId' | 'runId' | 'status' | 'startTime' | 'closeTime' | 'typedSearchAttributes'
>;

/**
 * How a run stands, with its report: from its result when it has ended, else from the run, if a worker answers.
 *
 * @throws PromoterError `RunUnknown`; `UsageInvalid` of a workflow that is neither
 */
export async function readStatus(
  session: TemporalSession,
  workflowId: string,
): Promise<PromotionStatus | ReplicationStatus> {
  const described = await describe(session, workflowId);
  if (!KNOWN_TYPES.has(described.type)) throw otherWorkflow(workflowId, described.type);
  const { kind, ...status } = statusOf(described);
  if (kind === 'replication') return withReport(session, { ...status, kind });
  const detailed = await withReport(session, { ...status, kind });
  const phase = detailed.report === undefined ? undefined : currentPhase(detailed.report);
  return detailed.endedAt !== undefined || phase === undefined ? detailed : { ...detailed, phase };
}

/** The same of a promotion. @throws PromoterError `RunUnknown`; `UsageInvalid` when it is no promotion */
export async function readPromotion(session: TemporalSession, workflowId: string): Promise<PromotionStatus> {
  const status = await readStatus(session, workflowId);
  if (status.kind === 'promotion') return status;
  const message = `${workflowId} is a ${status.kind}, which goes on by itself and is followed by nobody; \`promoter status '${workflowId}'\` says how it stands`;
  throw new PromoterError('UsageInvalid', message);
}

async function withReport<K extends RunKind>(
  session: TemporalSession,
  status: RunStatus<K>,
): Promise<DetailedStatus<K>> {
  const { workflowId, endedAt } = status;
  if (endedAt === undefined) {
    const report = await readReport<Reports[K]>(session, workflowId);
    return report === undefined ? status : { ...status, state: report.outcome, report };
  }
  try {
    const report = (await session.client.workflow.getHandle(workflowId).result()) as Reports[K];
    return { ...status, state: report.outcome, report };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const report = reportOfFailure(error) as Reports[K] | undefined;
    return { ...status, ...(report === undefined ? {} : { report }), failure: describeThrown(error) };
  }
}

/** What the server knows of a run. */
export function statusOf(info: Listed): RunStatus {
  const { type, workflowId, runId, status, startTime, closeTime, typedSearchAttributes: attributes } = info;
  const phase = attributes.get(phaseKey);
  const ended = status.name === 'COMPLETED' || status.name === 'RUNNING' ? undefined : status.name.toLowerCase();
  return {
    kind: type === WORKFLOW_TYPES.replication ? 'replication' : 'promotion',
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
export function exitCodeOfStatus(status: PromotionStatus | ReplicationStatus): ExitCode {
  const { state, endedAt } = status;
  if (status.kind === 'promotion' && status.report !== undefined) return exitCodeOfReport(status.report);
  if (status.kind === 'replication' && status.report !== undefined) return exitCodeOfReplication(status.report);
  if (state === 'held') return EXIT_CODE.held;
  return endedAt === undefined ? EXIT_CODE.done : EXIT_CODE.failed;
}

function otherWorkflow(workflowId: string, type: string): PromoterError {
  const message = `${workflowId} is a workflow of the type ${type}, and neither a promotion nor a replication; \`promoter list\` shows those that there are`;
  return new PromoterError('UsageInvalid', message);
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
