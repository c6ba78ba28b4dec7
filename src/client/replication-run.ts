import { createHash } from 'node:crypto';
import type { Config } from '../config.ts';
import {
  replicationQueue,
  type ReplicationReport,
  type ReplicationRequest,
} from '../workflows/replication-messages.ts';
import { EXIT_CODE, exitCodeOfReplication, type ExitCode } from './exit-code.ts';
import { describeThrown } from './failure-text.ts';
import { listenForInterruption } from './interruption.ts';
import type { CommandOutput } from './output.ts';
import { followRun, type RunEnd } from './run-follow.ts';
import { setbackLine } from './run-setbacks.ts';
import { withSession } from './session-loop.ts';
import { runLink, type TemporalSession } from './temporal-session.ts';

export type ReplicationEnd = RunEnd<ReplicationReport> & { readonly exitCode: ExitCode };

const LINE_EVERY_MS = 10_000;

/**
 * Runs a replication to its end, or goes on with the one that is doing the same already; progress goes to stderr.
 *
 * @throws PromoterError as opening a session and following a run do
 */
export async function runReplication(
  config: Config,
  request: ReplicationRequest,
  output: CommandOutput,
): Promise<ReplicationEnd> {
  const interruption = listenForInterruption();
  const note = (line: string): void => void output.stderr.write(`${line}\n`);
  try {
    const end = await withSession(config, { worker: true, onNote: note }, async (session) => {
      const run = await startOrJoin(session, config, request);
      const link = runLink(session, config.namespace, run);
      if (link !== undefined) note(link);
      return followRun<ReplicationReport>(session, run, {
        onReport: showAsLines(note),
        onNote: note,
        signal: interruption.signal,
        stopAtHold: false,
      });
    });
    if (end.kind === 'failed') note(describeThrown(end.failure));
    return { ...end, exitCode: exitCodeOf(end) ?? interruption.exitCode() };
  } finally {
    interruption.close();
  }
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

function showAsLines(note: (line: string) => void) {
  let next = Date.now() + LINE_EVERY_MS;
  const said = new Set<string>();
  return ({ sources }: ReplicationReport, setbacks: readonly Parameters<typeof setbackLine>[0][]): void => {
    for (const setback of setbacks) {
      const line = setbackLine(setback);
      if (!said.has(line)) note(line);
      said.add(line);
    }
    if (Date.now() < next || sources.total === 0) return;
    next = Date.now() + LINE_EVERY_MS;
    note(`Listed ${sources.done}/${sources.total} repositories`);
  };
}

function exitCodeOf(end: RunEnd<ReplicationReport>): ExitCode | undefined {
  if (end.kind === 'interrupted') return undefined;
  if (end.kind === 'failed') return EXIT_CODE.failed;
  return exitCodeOfReplication(end.report);
}
