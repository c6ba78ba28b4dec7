import { createHash } from 'node:crypto';
import type { Config } from '../config.ts';
import {
  replicationQueue,
  type ReplicationReport,
  type ReplicationRequest,
} from '../workflows/replication-messages.ts';
import { exitCodeOfReplication } from './exit-code.ts';
import type { CommandOutput } from './output.ts';
import { pursueRun, type PursuitEnd } from './run-pursuit.ts';
import type { TemporalSession } from './temporal-session.ts';

/**
 * Runs a replication to its end, or goes on with the one that is doing the same already; progress goes to stderr.
 *
 * @throws PromoterError as opening a session and following a run do
 */
export function runReplication(
  config: Config,
  request: ReplicationRequest,
  output: CommandOutput,
): Promise<PursuitEnd<ReplicationReport>> {
  return pursueRun<ReplicationReport>(config, output, {
    begin: (session) => startOrJoin(session, config, request),
    lineOf: ({ sources }) => (sources.total === 0 ? undefined : `Listed ${sources.done}/${sources.total} repositories`),
    exitCodeOf: exitCodeOfReplication,
  });
}

async function startOrJoin({ client }: TemporalSession, config: Config, request: ReplicationRequest) {
  const identity = createHash('sha256').update(JSON.stringify(request)).digest('hex').slice(0, 16);
  const workflowId = `${request.check === undefined ? 'replicate' : 'sigcheck'}/${identity}`;
  const handle = await client.workflow.start('signatureReplication', {
    workflowId,
    taskQueue: replicationQueue(config.taskQueue),
    args: [request],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    staticSummary: request.check === undefined ? 'Replicate signatures' : 'Check signatures',
  });
  return { workflowId, runId: handle.firstExecutionRunId };
}
