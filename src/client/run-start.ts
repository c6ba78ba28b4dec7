import { isGrpcServiceError, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Config } from '../config.ts';
import { PromoterError } from '../errors.ts';
import type { PromotionRequest } from '../workflows/promotion-request.ts';
import { requestIdentity } from './run-identity.ts';
import { readRequest, type RunReference } from './run-request.ts';
import { statusOf } from './run-status.ts';
import { searchableDestinations } from '../workflows/searchable-destinations.ts';
import { commitKey, destinationsKey } from './search-attributes.ts';
import { runLink, type TemporalSession } from './temporal-session.ts';

export interface StartedRun extends RunReference {
  /** It was running already; this is the run of the same command given before. */
  readonly joined: boolean;
}

/** A workflow may end between being found in the way and being looked at. */
const TRIES = 5;

/** A run that is to be. */
export interface RunPlan {
  readonly workflowId: string;
  readonly request: PromotionRequest;
  /** The registries that the manifests name as destinations. */
  readonly destinations: readonly string[];
}

/**
 * Starts a promotion, or joins the one that is doing the same already.
 *
 * @throws PromoterError `RunConflict` when another promotion to the same destinations is running, `TemporalUnavailable`
 *   in a namespace that no worker has been in yet
 */
export async function startRun(
  session: TemporalSession,
  config: Config,
  { workflowId, request, destinations }: RunPlan,
): Promise<StartedRun> {
  for (let tries = 1; ; tries++) {
    try {
      const handle = await session.client.workflow.start('promotion', {
        workflowId,
        taskQueue: config.taskQueue,
        args: [request],
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        ...describeRun(request, destinations),
      });
      return { workflowId, runId: handle.firstExecutionRunId, joined: false };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) || tries === TRIES) {
        throw explained(error, config.namespace);
      }
    }
    const joined = await joinRun(session, config, workflowId, request);
    if (joined !== undefined) return joined;
  }
}

/** The first worker in a namespace registers what runs are found by; before that the server starts none. */
function explained(error: unknown, namespace: string): unknown {
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause.details : '';
  if (!/no mapping defined for search attribute/i.test(cause)) return error;
  return new PromoterError(
    'TemporalUnavailable',
    `could not start the run in ${namespace}: ${cause}. A worker registers it when it starts, and the server may take a minute to notice: see that one runs (promoter worker), and give the command again`,
    { cause: error },
  );
}

async function joinRun(
  session: TemporalSession,
  config: Config,
  workflowId: string,
  request: PromotionRequest,
): Promise<StartedRun | undefined> {
  const { runId, state, phase, startedAt, endedAt } = statusOf(
    await session.client.workflow.getHandle(workflowId).describe(),
  );
  if (endedAt !== undefined) return undefined;
  const other = await readRequest(session.client, { workflowId, runId });
  if (requestIdentity(other) === requestIdentity(request)) return { workflowId, runId, joined: true };
  const link = runLink(session, config.namespace, { workflowId, runId });
  const where = link === undefined ? '' : ` (${link})`;
  throw new PromoterError(
    'RunConflict',
    `another promotion to the same destinations is ${state}${phase === undefined ? '' : ` in ${phase}`}, since ${startedAt}: ${workflowId}${where}
wait for it with \`promoter watch '${workflowId}'\` and start again, or end it with \`promoter abort '${workflowId}'\` (what it has copied stays)`,
  );
}

function describeRun(request: PromotionRequest, destinations: readonly string[]) {
  const kind = request.confirm === true ? 'Promotion' : 'Dry run of a promotion';
  const lines = destinations.map((name) => `- ${name}`);
  const from = request.git === undefined ? request.manifests : `in ${request.git.url} at ${request.git.ref}`;
  // What git has is not known here; Setup says where it leads to.
  const known = destinations.length > 0;
  return {
    staticSummary: known ? `${kind} to ${shorten(destinations)}` : `${kind} of the manifests ${from}`,
    staticDetails: known ? [`${kind} of the manifests ${from} to`, '', ...lines.slice(0, 50)].join('\n') : '',
    typedSearchAttributes: [
      ...(known ? [{ key: destinationsKey, value: searchableDestinations(destinations) }] : []),
      ...(request.commit === undefined ? [] : [{ key: commitKey, value: request.commit }]),
    ],
  };
}

function shorten([first = 'nowhere', ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}
