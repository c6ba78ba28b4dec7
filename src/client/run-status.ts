import { WorkflowFailedError, WorkflowNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client';
import { PromoterError } from '../errors.ts';
import type { FilePromotionReport } from '../workflows/file-messages.ts';
import { currentPhase, type PromotionReport } from '../workflows/messages.ts';
import type { ReplicationReport } from '../workflows/replication-messages.ts';
import { EXIT_CODE, exitCodeOfFiles, exitCodeOfReplication, exitCodeOfReport, type ExitCode } from './exit-code.ts';
import { describeThrown } from './failure-text.ts';
import { readReport, reportOfFailure } from './run-follow.ts';
import { destinationsKey, phaseKey, stateKey } from './search-attributes.ts';
import type { TemporalSession } from './temporal-session.ts';

/** What a run does, and the type of its workflow. A check of signatures is a replication that writes nothing. */
export const WORKFLOW_TYPES = {
  promotion: 'promotion',
  replication: 'signatureReplication',
  files: 'filePromotion',
} as const;

export type RunKind = keyof typeof WORKFLOW_TYPES;

const KINDS: ReadonlyMap<string, RunKind> = new Map(
  Object.entries(WORKFLOW_TYPES).map(([kind, type]) => [type, kind as RunKind]),
);

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
  readonly files: FilePromotionReport;
}

/** A status with what only the run itself, or its result, can tell. */
interface DetailedStatus<K extends RunKind> extends RunStatus<K> {
  readonly report?: Reports[K];
  readonly failure?: string;
}

export type PromotionStatus = DetailedStatus<'promotion'>;
export type ReplicationStatus = DetailedStatus<'replication'>;
export type FilesStatus = DetailedStatus<'files'>;
export type AnyStatus = PromotionStatus | ReplicationStatus | FilesStatus;

type Listed = Pick<
  WorkflowExecutionDescription,
  'type' | 'workflowId' | 'runId' | 'status' | 'startTime' | 'closeTime' | 'typedSearchAttributes'
>;

/**
 * How a run stands, with its report: from its result when it has ended, else from the run, if a worker answers.
 *
 * @throws PromoterError `RunUnknown`; `UsageInvalid` of a workflow that is neither
 */
export async function readStatus(session: TemporalSession, workflowId: string): Promise<AnyStatus> {
  const described = await describe(session, workflowId);
  if (!KINDS.has(described.type)) throw otherWorkflow(workflowId, described.type);
  const { kind, ...status } = statusOf(described);
  if (kind === 'replication') return withReport(session, { ...status, kind });
  if (kind === 'files') return withPhase(await withReport(session, { ...status, kind }));
  return withPhase(await withReport(session, { ...status, kind }));
}

/** What a run that is under way says itself of where it is; older ones that promote files say nothing of it. */
function withPhase<S extends PromotionStatus | FilesStatus>(status: S): S {
  const phase = status.report?.phases === undefined ? undefined : currentPhase(status.report);
  return status.endedAt !== undefined || phase === undefined ? status : { ...status, phase };
}

/** The same of a run that can be held. @throws PromoterError `RunUnknown`; `UsageInvalid` when it is none */
export async function readHoldable(
  session: TemporalSession,
  workflowId: string,
): Promise<PromotionStatus | FilesStatus> {
  const status = await readStatus(session, workflowId);
  return status.kind === 'replication' ? refuse(status) : status;
}

/** The same of a promotion of images. @throws PromoterError `RunUnknown`; `UsageInvalid` when it is no promotion */
export async function readPromotion(session: TemporalSession, workflowId: string): Promise<PromotionStatus> {
  const status = await readStatus(session, workflowId);
  return status.kind === 'promotion' ? status : refuse(status);
}

function refuse({ kind, workflowId }: RunStatus): never {
  const what = kind === 'files' ? 'promotes files' : 'is a replication';
  const message = `${workflowId} ${what}, for which there is no such command; \`promoter status '${workflowId}'\` says how it stands`;
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
    kind: KINDS.get(type) ?? 'promotion',
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
export function exitCodeOfStatus(status: AnyStatus): ExitCode {
  const { state, endedAt } = status;
  if (status.kind === 'promotion' && status.report !== undefined) return exitCodeOfReport(status.report);
  if (status.kind === 'replication' && status.report !== undefined) return exitCodeOfReplication(status.report);
  if (status.kind === 'files' && status.report !== undefined) return exitCodeOfFiles(status.report);
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
