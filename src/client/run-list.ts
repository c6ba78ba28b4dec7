import { statusOf, WORKFLOW_TYPES, type RunKind, type RunStatus } from './run-status.ts';
import type { TemporalSession } from './temporal-session.ts';

/**
 * The latest runs, newest first; of a run that continued as new, its last part.
 *
 * @param kind only those; all unless given
 */
export async function listRuns(
  { client }: TemporalSession,
  limit: number,
  kind?: RunKind,
): Promise<readonly RunStatus[]> {
  const runs: RunStatus[] = [];
  const types = kind === undefined ? Object.values(WORKFLOW_TYPES) : [WORKFLOW_TYPES[kind]];
  const among = types.map((type) => `'${type}'`).join(', ');
  const query = `WorkflowType IN (${among}) AND ExecutionStatus != 'ContinuedAsNew'`;
  for await (const info of client.workflow.list({ query, pageSize: limit })) {
    runs.push(statusOf(info));
    if (runs.length === limit) break;
  }
  return runs;
}
