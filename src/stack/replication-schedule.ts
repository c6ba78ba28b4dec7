import { Client, Connection } from '@temporalio/client';
import { createSchedule, milliseconds } from '../client/replication-schedule.ts';
import { bundleBytes } from '../manifest/bundle.ts';
import { openFolderStore } from '../plan/folder-store.ts';
import { PROMOTION_TASK_QUEUE } from '../workflows/messages.ts';
import { replicationQueue } from '../workflows/replication-messages.ts';
import type { StackConfig } from './stack-config.ts';
import type { StackDescription } from './stack.ts';

/**
 * Creates the schedule of replication, with manifests that name the stack's registries and no image yet. One that is there
 * already stays as it is: `promoter schedule apply replication` has told it what to replicate.
 *
 * @throws PromoterError `UsageInvalid` for an interval that is none, `Store*`
 */
export async function createStackSchedule(
  { temporal: { address, namespace }, registries, planStore }: StackDescription,
  { replication }: StackConfig,
): Promise<void> {
  const every = milliseconds(replication.every, 'temporal-dev.yaml: replication.every');
  const destinations = [registries.canonical, ...registries.mirrors].map((host) => `- name: ${host}/production\n`);
  const text = `registries:\n- name: ${registries.staging}/staging\n  src: true\n${destinations.join('')}images: []\n`;
  const store = await openFolderStore(planStore);
  const manifests = await store.put(bundleBytes({ kind: 'plain', files: [{ path: 'manifest.yaml', text }] }));
  const connection = await Connection.connect({ address });
  try {
    const request = { manifests, confirm: true };
    const taskQueue = replicationQueue(PROMOTION_TASK_QUEUE);
    await createSchedule(new Client({ connection, namespace }), { request, taskQueue, every });
  } finally {
    await connection.close();
  }
}
