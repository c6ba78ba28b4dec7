import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { activityInfo } from '@temporalio/activity';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { rethrowCancellation } from '../../src/activities/cancellation.ts';
import { failingClearly } from '../../src/activities/failures.ts';
import type { Activities } from '../../src/activities/index.ts';
import { createAcquireWriters, createReleaseWriters, type WritersInput } from '../../src/activities/writers.ts';
import { connectBudgets, type RegistryBudgets } from '../../src/client/registry-budgets.ts';
import { budgetId } from '../../src/workflows/budget-messages.ts';
import type { promotion } from '../../src/workflows/index.ts';
import { abortPromotion } from '../../src/workflows/messages.ts';
import { end, rest, type leaseKeeper } from '../support/lease-keeper.ts';
import { activitiesFor, DIGEST } from '../support/promotion-activities.ts';
import { NOBODY_TO_TELL, replayRuns, temporalFixture } from '../support/temporal.ts';
import { waitFor } from '../support/waiting.ts';

type Run = WorkflowHandle<typeof promotion>;

interface Stage {
  readonly host: string;
  readonly budgets: RegistryBudgets;
  /** Starts a run that writes to the host and waits in Promote until it is let go. */
  readonly start: (change?: { confirm?: boolean }) => Promise<Run>;
  /** Waits until so many runs are in Promote. */
  readonly promoting: (runs: number) => Promise<void>;
  readonly letGo: () => void;
}

/** Runs promotions whose activities do nothing but take real writer leases; replays all of them at the end. */
async function onStage(body: (stage: Stage) => Promise<void>): Promise<void> {
  const { environment, workflowBundle } = await temporalFixture();
  const taskQueue = randomUUID();
  const host = `${randomUUID()}.example`;
  const budgets = connectBudgets(environment.client, taskQueue);
  const ids: string[] = [];
  let inPromote = 0;
  const gate = Promise.withResolvers<void>();
  const simple = activitiesFor(1);
  const acquireWriters = createAcquireWriters({ writers: budgets });
  const activities: Partial<Activities> = {
    ...simple,
    // As Setup does it.
    setup: failingClearly(async (input) => {
      const result = await simple.setup(input);
      const acquired = result.request.confirm === true;
      if (acquired) await acquireWriters({ hosts: [host] });
      return { ...result, hosts: [host], acquired };
    }),
    acquireWriters: failingClearly(acquireWriters),
    releaseWriters: failingClearly(createReleaseWriters({ writers: budgets })),
    promoteShard: async (input) => {
      inPromote += 1;
      await gate.promise;
      return simple.promoteShard(input);
    },
  };
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    workflowBundle,
    activities: { ...NOBODY_TO_TELL, ...activities },
    interceptors: { activity: [rethrowCancellation] },
  });
  await worker.runUntil(() =>
    body({
      host,
      budgets,
      async start({ confirm = true } = {}) {
        const workflowId = `promotion/${randomUUID()}`;
        ids.push(workflowId);
        return environment.client.workflow.start<typeof promotion>('promotion', {
          taskQueue,
          workflowId,
          args: [{ manifests: DIGEST, confirm, sign: false }],
        });
      },
      promoting: (runs) => waitFor(() => inPromote >= runs),
      letGo: gate.resolve,
    }),
  );
  for (const id of [...ids, budgetId(host)]) await replayRuns(id);
}

async function failureOf(run: Run): Promise<ApplicationFailure> {
  const error = await run.result().then(
    () => assert.fail('it ended well'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof WorkflowFailedError);
  return error.cause as ApplicationFailure;
}

describe('writer leases of promotions', () => {
  it('let one run at a time write to a host, and name it to the other', async () => {
    await onStage(async ({ start, promoting, letGo, budgets, host }) => {
      const first = await start();
      await promoting(1);
      const failure = await failureOf(await start());
      assert.equal(failure.type, 'RunConflict');
      assert.match(failure.message, new RegExp(`another promotion writes to ${host}: ${first.workflowId}`));
      letGo();
      assert.equal((await first.result()).outcome, 'done');
      assert.equal((await budgets.read(host))?.writer, undefined);
      assert.equal((await (await start()).result()).outcome, 'done');
    });
  });

  it('are not taken by a dry run, which needs none', async () => {
    await onStage(async ({ start, promoting, letGo }) => {
      const first = await start();
      await promoting(1);
      assert.equal((await (await start({ confirm: false })).result()).outcome, 'dry-run');
      letGo();
      await first.result();
    });
  });

  it('go from a run that was terminated to the next one at once', async () => {
    await onStage(async ({ start, promoting, letGo, budgets, host }) => {
      const lost = await start();
      await promoting(1);
      await lost.terminate('its workers are gone');
      const next = await start();
      await promoting(2);
      assert.equal((await budgets.read(host))?.writer?.workflowId, next.workflowId);
      letGo();
      assert.equal((await next.result()).outcome, 'done');
    });
  });

  it('are given back by a run that an operator aborts', async () => {
    await onStage(async ({ start, promoting, letGo, budgets, host }) => {
      const run = await start();
      await promoting(1);
      await run.executeUpdate(abortPromotion, { args: [{ reason: 'wrong release' }] });
      letGo();
      assert.equal((await failureOf(run)).type, 'PhaseAborted');
      assert.equal((await budgets.read(host))?.writer, undefined);
    });
  });
});

describe('the renewal of writer leases', () => {
  it('is seldom, and for long, while a run waits for people, and goes on as before when it works again', async () => {
    const { environment } = await temporalFixture();
    const workflowBundle = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('../support/lease-keeper.ts', import.meta.url)),
      logger: new DefaultLogger('ERROR'),
    });
    const asked = new Map<string, boolean[]>();
    const askedBy = (run: string): readonly boolean[] => asked.get(run) ?? [];
    const taskQueue = randomUUID();
    const worker = await Worker.create({
      connection: environment.nativeConnection,
      taskQueue,
      workflowBundle,
      activities: {
        acquireWriters: async ({ atRest = false }: WritersInput) => {
          const { workflowId = '' } = activityInfo().workflowExecution ?? {};
          asked.set(workflowId, [...askedBy(workflowId), atRest]);
        },
      },
    });
    const start = () =>
      environment.client.workflow.start<typeof leaseKeeper>('leaseKeeper', { taskQueue, workflowId: randomUUID() });
    await worker.runUntil(async () => {
      const [resting, working] = await Promise.all([start(), start()]);
      const renewals = (run: string, more: number): Promise<void> => {
        const enough = askedBy(run).length + more;
        return waitFor(() => askedBy(run).length >= enough);
      };
      await renewals(resting.workflowId, 2);
      assert.ok(!askedBy(resting.workflowId).includes(true));
      await resting.signal(rest, true);
      await waitFor(() => askedBy(resting.workflowId).includes(true));
      const { length } = askedBy(resting.workflowId);
      await renewals(working.workflowId, 5);
      assert.equal(askedBy(resting.workflowId).length, length);
      await resting.signal(rest, false);
      await renewals(resting.workflowId, 2);
      assert.equal(askedBy(resting.workflowId).filter((atRest) => atRest).length, 1);
      await Promise.all([resting, working].map((run) => run.signal(end)));
      await Promise.all([resting, working].map((run) => run.result()));
      for (const run of [resting, working]) {
        await Worker.runReplayHistory({ workflowBundle }, await run.fetchHistory(), run.workflowId);
      }
    });
  });
});
