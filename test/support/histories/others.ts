import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { ReplicationActivities } from '../../../src/activities/index.ts';
import type { NotificationActivities } from '../../../src/activities/notify.ts';
import type { Notification } from '../../../src/notifications/notification.ts';
import { acquireWriter, lease, releaseWriter, setCeiling } from '../../../src/workflows/budget-messages.ts';
import type { OldestPair } from '../../../src/workflows/replication-messages.ts';
import { BLANK_TALLY } from '../../../src/workflows/replication-report.ts';
import { DIGEST } from '../promotion-activities.ts';
import { replicationActivitiesFor } from '../replication-activities.ts';
import type { HistoryCase } from './case.ts';
import { fileCases } from './files.ts';

/** More than one run takes where a server suggests another one early. */
const MANY_SHARDS = 80;
const HOST = 'prod.example';

const gone = (): Promise<never> =>
  Promise.reject(ApplicationFailure.nonRetryable('the plan store is gone', 'StoreCorrupt'));

/** Budgets of registries, replications, promotions of files, and what is told of them. */
export function otherCases(): readonly HistoryCase[] {
  return [...budgets(), ...replications(), ...fileCases(), notified()];
}

function budgets(): readonly HistoryCase[] {
  const share = (handle: WorkflowHandle, worker: string) =>
    handle.executeUpdate(lease, { args: [{ worker, want: 50, ceiling: 80 }] });
  const ended = async (handle: WorkflowHandle, client: Client): Promise<unknown> =>
    client.workflow.getHandle(handle.workflowId).terminate('the case is over');
  return [
    {
      workflow: 'registryBudget',
      name: 'shared',
      args: [{ host: HOST }],
      ends: 'TERMINATED',
      steer: async (handle, client) => {
        await share(handle, 'one');
        await share(handle, 'two');
        await handle.executeUpdate(setCeiling, { args: [{ requestsPerSecond: 20 }] });
        await handle.executeUpdate(acquireWriter, { args: [{ workflowId: 'promotion/one' }] });
        await handle.executeUpdate(acquireWriter, { args: [{ workflowId: 'promotion/two' }] });
        await handle.signal(releaseWriter, { workflowId: 'promotion/one' });
        await handle.executeUpdate(setCeiling, { args: [{ requestsPerSecond: null }] });
        await ended(handle, client);
      },
    },
    { workflow: 'registryBudget', name: 'idle', args: [{ host: HOST, idleMs: 100 }] },
    {
      workflow: 'registryBudget',
      name: 'continued-as-new',
      args: [{ host: HOST }],
      ends: 'TERMINATED',
      steer: async (handle, client) => {
        const { firstExecutionRunId: first } = handle as WorkflowHandle & { readonly firstExecutionRunId: string };
        const next = client.workflow.getHandle(handle.workflowId);
        while ((await next.describe()).runId === first) await share(next, 'one');
        await ended(handle, client);
      },
    },
  ];
}

/** Replicates on workers that have somebody to tell. */
function replicationActivities(shards: number, changes: Partial<ReplicationActivities> = {}): ReplicationActivities {
  const { draftReplication, ...others } = replicationActivitiesFor(shards);
  return {
    draftReplication: async (input) => ({ ...(await draftReplication(input)), notifies: true }),
    ...others,
    ...changes,
  };
}

function replications(): readonly HistoryCase[] {
  const case_ = (name: string, shards: number, changes: Partial<ReplicationActivities> = {}): HistoryCase => ({
    workflow: 'signatureReplication',
    name,
    args: [{ manifests: DIGEST, confirm: true }],
    activities: { ...replicationActivities(shards, changes), ...TELLING },
  });
  const residue = { source: 'prod.example/app', mirror: 'mirror.example/app', reason: 'RegistryUnavailable' };
  const left = { ...BLANK_TALLY, residue: { count: 1, samples: [{ ...residue, message: 'it is down' }] }, sources: 10 };
  const compared = { source: 'prod.example/app', mirror: 'mirror.example/app', checkedAt: 0, verified: true };
  const oldest = compared as unknown as OldestPair;
  return [
    case_('done', 3),
    case_('residue', 2, { replicateShard: async () => left as never }),
    case_('mirror-stale', 1, { replicateShard: async () => ({ ...BLANK_TALLY, sources: 10, oldest }) }),
    case_('continued-as-new', MANY_SHARDS),
    { ...case_('failed', 1, { replicateShard: gone }), ends: 'FAILED' },
  ];
}

const TELLING: NotificationActivities = {
  chooseTargets: async () => ['chat', 'mail'],
  async deliverNotification({ target }) {
    if (target === 'mail') throw ApplicationFailure.nonRetryable('it answered 404', 'NotificationRefused');
    return { attempts: 1 };
  },
};

function notified(): HistoryCase {
  const message: Notification = {
    id: 'notification/done/promotion/example',
    event: 'done',
    workflowId: 'promotion/example',
    runId: 'first',
    at: 0,
    destinations: ['prod.example/images'],
  };
  return { workflow: 'notification', name: 'told', args: [message], activities: TELLING };
}
