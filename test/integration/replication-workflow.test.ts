import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import type { ReplicationActivities } from '../../src/activities/index.ts';
import type { signatureReplication } from '../../src/workflows/index.ts';
import type { OldestPair, ReplicationReport } from '../../src/workflows/replication-messages.ts';
import { BLANK_TALLY } from '../../src/workflows/replication-report.ts';
import { DIGEST } from '../support/promotion-activities.ts';
import { replicationActivitiesFor } from '../support/replication-activities.ts';
import { NOBODY_TO_TELL, replayRuns, temporalFixture } from '../support/temporal.ts';
import { waitFor } from '../support/waiting.ts';

/** Ten sources, of which one mirror was compared so many hours ago. */
function comparedAgo(hours: number): Partial<ReplicationActivities> {
  const usual = replicationActivitiesFor(1);
  const oldest = { source: 'canonical.example/app', mirror: 'mirror.example/app', verified: true } as const;
  return {
    ...usual,
    draftReplication: async (input) => ({ ...(await usual.draftReplication(input)), notifies: true }),
    replicateShard: async () => ({
      ...BLANK_TALLY,
      sources: 10,
      oldest: { ...oldest, checkedAt: Date.now() - hours * 3_600_000 } as unknown as OldestPair,
    }),
  };
}

async function run(activities: Partial<ReplicationActivities>): Promise<ReplicationReport> {
  const { environment, workflowBundle } = await temporalFixture();
  const taskQueue = randomUUID();
  const workflowId = randomUUID();
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    workflowBundle,
    activities: { ...NOBODY_TO_TELL, ...activities },
  });
  try {
    return await worker.runUntil(
      environment.client.workflow.execute<typeof signatureReplication>('signatureReplication', {
        taskQueue,
        workflowId,
        args: [{ manifests: DIGEST, confirm: true }],
      }),
    );
  } finally {
    await replayRuns(workflowId);
  }
}

describe('signature replication workflow', () => {
  it('works through all shards and adds up what they did', async () => {
    const settled: string[] = [];
    const report = await run(
      replicationActivitiesFor(5, { settleReplication: async ({ run: id }) => void settled.push(id) }),
    );
    assert.equal(report.outcome, 'done');
    assert.deepEqual(report.sources, { done: 50, total: 50 });
    assert.equal(report.counts.listed, 50);
    assert.equal(settled.length, 1);
  });

  it('completes with residue when a mirror fails', async () => {
    const residue = { source: 'a.test/app', mirror: 'b.test/app', reason: 'RegistryUnavailable', message: 'down' };
    const report = await run(
      replicationActivitiesFor(2, {
        replicateShard: async () =>
          ({ ...BLANK_TALLY, residue: { count: 1, samples: [residue] }, sources: 10 }) as never,
      }),
    );
    assert.equal(report.outcome, 'residue');
    assert.equal(report.residue.count, 2);
  });

  it('continues as new, doing each shard once', async () => {
    const shards = 900;
    const seen = new Map<number, number>();
    const report = await run(
      replicationActivitiesFor(shards, {
        replicateShard: async ({ shard }) => {
          seen.set(shard, (seen.get(shard) ?? 0) + 1);
          return { ...BLANK_TALLY, sources: 10 };
        },
      }),
    );
    assert.deepEqual(report.sources, { done: 9_000, total: 9_000 });
    assert.equal(seen.size, shards);
    assert.ok([...seen.values()].every((count) => count === 1));
  }).timeout(180_000);

  it('has people told of a mirror that nobody compares, once a day', async () => {
    const { client } = (await temporalFixture()).environment;
    const told = async (): Promise<readonly string[]> => {
      const reasons: string[] = [];
      for await (const { workflowId } of client.workflow.list({ query: 'WorkflowType = "notification"' })) {
        if (!workflowId.startsWith('notification/replication-stale/')) continue;
        const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
        const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
        reasons.push((JSON.parse(Buffer.from(payload?.data ?? []).toString()) as { reason: string }).reason);
      }
      return reasons;
    };
    assert.equal((await run(comparedAgo(24))).outcome, 'done');
    assert.deepEqual(await told(), []);
    assert.equal((await run(comparedAgo(26))).outcome, 'done');
    assert.equal((await run(comparedAgo(26))).outcome, 'done');
    await waitFor(async () => (await told()).length > 0);
    const [reason, ...others] = await told();
    assert.match(reason ?? '', /^mirror\.example\/app has not been compared with canonical\.example\/app since 20/);
    assert.deepEqual(others, []);
  });

  it('clears up and says why when manifests or store cannot be used', async () => {
    const settled: string[] = [];
    const failing = replicationActivitiesFor(1, {
      replicateShard: async () => {
        throw ApplicationFailure.nonRetryable('the plan store is gone', 'StoreCorrupt');
      },
      settleReplication: async ({ run: id }) => void settled.push(id),
    });
    await assert.rejects(run(failing), (error) => {
      assert.ok(error instanceof WorkflowFailedError);
      return true;
    });
    assert.equal(settled.length, 1);
  });
});
