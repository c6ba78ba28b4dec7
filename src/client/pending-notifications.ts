import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';

const POLL_MS = 200;
const PATIENCE_MS = 10_000;
const OPEN = 'WorkflowType = "notification" AND ExecutionStatus = "Running"';

/**
 * Waits until everybody has been told who is to be, but no longer than ten seconds: a server of our own stops with the
 * command, and what is left is told when the next command starts it.
 */
export async function awaitNotifications(client: Client): Promise<void> {
  for (let waited = 0; waited < PATIENCE_MS; waited += POLL_MS) {
    const open = await client.workflow.count(OPEN).catch(() => undefined);
    if (open === undefined || open.count === 0) return;
    await delay(POLL_MS);
  }
}
