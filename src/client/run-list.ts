import { statusOf, type RunStatus } from './run-status.ts';
import type { TemporalSession } from './temporal-session.ts';

/** The latest promotions and dry runs, newest first; of a run that continued as new, its last part. */
export async function listRuns({ client }: TemporalSession, limit: number): Promise<readonly RunStatus[]> {
  const runs: RunStatus[] = [];
  const query = "WorkflowType = 'promotion' AND ExecutionStatus != 'ContinuedAsNew'";
  for await (const info of client.workflow.list({ query, pageSize: limit })) {
    runs.push(statusOf(info));
    if (runs.length === limit) break;
  }
  return runs;
}
