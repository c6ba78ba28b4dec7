import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { connectBudgets, type RegistryBudgets } from '../../src/client/registry-budgets.ts';
import { budget, budgetId, lease, setCeiling } from '../../src/workflows/budget-messages.ts';
import type { registryBudget } from '../../src/workflows/index.ts';
import { replayRuns, temporalFixture } from '../support/temporal.ts';

/** Runs a worker that knows workflows only, gives the test a host of its own, and replays its budget at the end. */
async function withBudget(body: (host: string, budgets: RegistryBudgets, taskQueue: string) => Promise<void>) {
  const { environment, workflowBundle } = await temporalFixture();
  const taskQueue = randomUUID();
  const host = `${randomUUID()}.example`;
  const worker = await Worker.create({ connection: environment.nativeConnection, taskQueue, workflowBundle });
  await worker.runUntil(() => body(host, connectBudgets(environment.client, taskQueue), taskQueue));
  await replayRuns(budgetId(host));
}

async function handleOf(host: string) {
  const { environment } = await temporalFixture();
  return environment.client.workflow.getHandle<typeof registryBudget>(budgetId(host));
}

async function historyLength(host: string): Promise<number> {
  return (await (await handleOf(host)).fetchHistory()).events?.length ?? 0;
}

describe('registry budget', () => {
  it('is started by whoever needs it first, and shares what the host allows', async () => {
    await withBudget(async (host, budgets) => {
      assert.equal(await budgets.read(host), undefined);
      assert.equal(await budgets.lease(host, { worker: 'a', want: 1 }, false), undefined);
      const ask = (worker: string) => budgets.lease(host, { worker, want: 50, ceiling: 80 }, true);
      assert.equal((await ask('a'))?.rps, 80);
      await ask('b');
      assert.equal((await ask('a'))?.rps, 40);
      assert.equal((await ask('b'))?.rps, 40);
      const state = await budgets.read(host);
      assert.deepEqual(Object.keys(state?.book.shares ?? {}).sort(), ['a', 'b']);
    });
  });

  it('lets an operator set the ceiling, and says what is wrong with another wish without a trace', async () => {
    await withBudget(async (host, budgets) => {
      await budgets.lease(host, { worker: 'a', want: 1, ceiling: 80 }, true);
      const handle = await handleOf(host);
      const before = await historyLength(host);
      await assert.rejects(handle.executeUpdate(setCeiling, { args: [{ requestsPerSecond: -1 }] }), (error) => {
        assert.ok(error instanceof WorkflowUpdateFailedError);
        assert.match(error.cause?.message ?? '', /requestsPerSecond is -1; the least is 0\.1/);
        return true;
      });
      await assert.rejects(handle.executeUpdate('lease', { args: [] }), WorkflowUpdateFailedError);
      assert.equal(await historyLength(host), before);
      await budgets.setCeiling(host, 20);
      assert.equal((await budgets.lease(host, { worker: 'a', want: 1, ceiling: 80 }, true))?.rps, 20);
      await budgets.setCeiling(host, undefined);
      assert.equal((await budgets.lease(host, { worker: 'a', want: 1, ceiling: 80 }, true))?.rps, 80);
    });
  });

  it('describes itself and its Updates to the UI', async () => {
    await withBudget(async (host, budgets) => {
      await budgets.lease(host, { worker: 'pod-1', want: 1, ceiling: 80 }, true);
      const metadata = JSON.stringify(await (await handleOf(host)).query('__temporal_workflow_metadata'));
      assert.match(metadata, /80 requests a second for all workers together/);
      assert.match(metadata, /pod-1/);
      assert.match(metadata, /Limit what all workers together ask of this registry/);
    });
  });

  it('ends when nobody has needed it for a while, unless an operator has set its ceiling', async () => {
    const { environment } = await temporalFixture();
    await withBudget(async (host, budgets, taskQueue) => {
      const start = () =>
        environment.client.workflow.start<typeof registryBudget>('registryBudget', {
          taskQueue,
          workflowId: budgetId(host),
          args: [{ host, idleMs: 300 }],
        });
      await (await start()).result();
      const handle = await start();
      await budgets.setCeiling(host, 5);
      const idled = async (): Promise<boolean> =>
        (await handle.fetchHistory()).events?.some((event) => event.timerFiredEventAttributes) === true;
      while (!(await idled())) assert.equal((await handle.describe()).status.name, 'RUNNING');
      assert.equal((await handle.describe()).status.name, 'RUNNING');
      await budgets.setCeiling(host, undefined);
      await handle.result();
    });
  });

  it('goes on in a new run with all it knows when its history has grown long', async () => {
    await withBudget(async (host, budgets) => {
      await budgets.setCeiling(host, 7);
      await budgets.acquireWriter(host, 'promotion/one');
      const handle = await handleOf(host);
      const { runId } = await handle.describe();
      const ask = async (worker: string): Promise<void> => {
        for (;;) {
          await handle.executeUpdate(lease, { args: [{ worker, want: 1 }] });
          if ((await handle.describe()).runId !== runId) return;
        }
      };
      await Promise.all(['a', 'b', 'c', 'd'].map(ask));
      const state = await handle.query(budget);
      assert.equal(state.book.operatorCeiling, 7);
      assert.equal(state.writer?.workflowId, 'promotion/one');
    });
  }).timeout(240_000);
});
