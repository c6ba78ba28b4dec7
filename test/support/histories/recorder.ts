import { Client, WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { rethrowCancellation } from '../../../src/activities/cancellation.ts';
import type { TemporalFixture } from '../temporal.ts';
import { waitFor } from '../waiting.ts';
import type { HistoryCase } from './case.ts';

/**
 * Runs a case on a real server, and hands out the history of each run that continues the one before it.
 *
 * @returns JSON, without names of this machine and without stack traces, which nothing replays
 * @throws Error when the case does not end as it says
 */
export async function recordHistories(
  { environment, workflowBundle }: TemporalFixture,
  { workflow, name, args, activities = {}, steer, ends = 'COMPLETED' }: HistoryCase,
): Promise<readonly string[]> {
  const client = new Client({ connection: environment.connection, identity: 'client' });
  const taskQueue = `${workflow}-${name}`;
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    identity: 'worker',
    taskQueue,
    workflowBundle,
    activities,
    interceptors: { activity: [rethrowCancellation] },
    maxHeartbeatThrottleInterval: '100ms',
  });
  const workflowId = `${workflow}/${name}`;
  const status = await worker.runUntil(async () => {
    const handle = await client.workflow.start(workflow, { taskQueue, workflowId, args: [...args] });
    await steer?.(handle, client);
    const last = client.workflow.getHandle(workflowId);
    await last.result().catch(() => undefined);
    await untilChildrenEnd(client, last);
    return (await last.describe()).status.name;
  });
  if (status !== ends) throw new Error(`${workflowId} ended ${status}, not ${ends}`);
  return historiesOf(client, workflowId);
}

// Notifications are left to themselves by their runs, and need this worker.
async function untilChildrenEnd(client: Client, handle: WorkflowHandle): Promise<void> {
  const { events } = await handle.fetchHistory();
  for (const { childWorkflowExecutionStartedEventAttributes: child } of events ?? []) {
    const id = child?.workflowExecution?.workflowId;
    if (typeof id !== 'string') continue;
    await waitFor(async () => (await client.workflow.getHandle(id).describe()).status.name !== 'RUNNING');
  }
}

async function historiesOf(client: Client, workflowId: string): Promise<readonly string[]> {
  const histories: string[] = [];
  let runId: string | undefined = (await client.workflow.getHandle(workflowId).describe()).runId;
  while (runId !== undefined && runId !== '') {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    histories.unshift(withoutStacks(historyToJSON(history)));
    runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? undefined;
  }
  if (histories.length === 0) throw new WorkflowNotFoundError('it has no run', workflowId, undefined);
  return histories;
}

function withoutStacks(json: string): string {
  return `${JSON.stringify(JSON.parse(json, (key, value: unknown) => (key === 'stackTrace' ? undefined : value)))}\n`;
}
