import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Worker } from '@temporalio/worker';
import { connectBudgets, type RegistryBudgets } from '../../src/client/registry-budgets.ts';
import { createRegistry } from '../../src/registry/client.ts';
import type { RegistryClient } from '../../src/registry/client-options.ts';
import { budgetId } from '../../src/workflows/budget-messages.ts';
import { startDistribution, type TestRegistry } from '../support/registries.ts';
import { startRegistryProxy, type RegistryProxy } from '../support/registry-proxy.ts';
import { replayRuns, temporalFixture } from '../support/temporal.ts';

/** Less than any machine asks for, however busy it is. */
const LIMIT = 40;
/** Requests that each process keeps under way. */
const CALLS_AT_ONCE = 24;
const NOBODY_WAITS_LONGER_MS = 20_000;

/** Of one process among several: asks as fast as it may. */
interface Process {
  readonly registry: RegistryClient;
  answers: number;
}

/** @param parts of the budget, one for each process: those that name one stand back for the others */
function startProcesses(
  parts: readonly (number | undefined)[],
  budgets: RegistryBudgets,
  requestsPerSecond: number | undefined,
): Process[] {
  return parts.map((part) => {
    const worker = randomUUID();
    const registry = createRegistry({
      ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
      sharing: {
        ...(part === undefined ? {} : { part }),
        source: { lease: (host, request, create) => budgets.lease(host, { worker, ...request }, create) },
        withoutShare: 1 / 8,
        onNote: () => undefined,
      },
    });
    return { registry, answers: 0 };
  });
}

/** Lets every process ask until all together have so many answers; gives back how long that took, in seconds. */
async function askFor(total: number, processes: readonly Process[], host: string): Promise<number> {
  const since = performance.now();
  const isDone = (): boolean => processes.reduce((sum, { answers }) => sum + answers, 0) >= total;
  await Promise.all(
    processes.map((process) =>
      Promise.all(
        Array.from({ length: CALLS_AT_ONCE }, async () => {
          while (!isDone()) {
            await process.registry.ping(host, { signal: AbortSignal.timeout(NOBODY_WAITS_LONGER_MS) });
            process.answers += 1;
          }
        }),
      ),
    ),
  );
  return (performance.now() - since) / 1_000;
}

describe('sharing a budget', () => {
  let backend: TestRegistry;
  let proxy: RegistryProxy;

  before(async () => {
    backend = await startDistribution();
  });
  after(() => backend.stop());

  beforeEach(async () => {
    proxy = await startRegistryProxy({ backend: backend.url, requestsPerSecond: LIMIT, latencyMs: 10 });
  });
  afterEach(() => proxy.close());

  async function run(count: number | readonly (number | undefined)[], total: number, requestsPerSecond?: number) {
    const { environment, workflowBundle } = await temporalFixture();
    const taskQueue = randomUUID();
    const budgets = connectBudgets(environment.client, taskQueue);
    const worker = await Worker.create({ connection: environment.nativeConnection, taskQueue, workflowBundle });
    const parts = typeof count === 'number' ? Array<undefined>(count).fill(undefined) : count;
    const processes = startProcesses(parts, budgets, requestsPerSecond);
    const seconds = await worker.runUntil(async () => {
      try {
        return await askFor(total, processes, proxy.host);
      } finally {
        await Promise.all(processes.map(({ registry }) => registry.close()));
      }
    });
    await replayRuns(budgetId(proxy.host));
    const isRefused = ({ status }: { status: number }): boolean => status === 429;
    const shareRefused = (from: number): number => {
      const log = proxy.log().slice(from);
      return log.filter(isRefused).length / log.length;
    };
    const answers = processes.map((process) => process.answers);
    return { seconds, shareRefused, answers, fewest: Math.min(...answers) };
  }

  // How soon they get it is tried with a clock that goes by no machine, in test/registry/budget-sharing.test.ts.
  for (const count of [2, 4]) {
    it(`keeps ${count} within the ceiling that they are configured with`, async () => {
      const total = 300;
      const { shareRefused, fewest } = await run(count, total, LIMIT);
      assert.ok(shareRefused(0) < 0.02, `${shareRefused(0)} answered 429`);
      assert.ok(fewest > total / count / 4, `${fewest} answers for one of ${count}`);
    });
  }

  it('leaves replication a quarter of what promotions get, and both together never more than the host allows', async () => {
    const total = 400;
    const { seconds, shareRefused, answers } = await run([undefined, 0.25], total, LIMIT);
    const [promotion = 0, replication = 0] = answers;
    assert.ok(shareRefused(0) < 0.02, `${shareRefused(0)} answered 429`);
    assert.ok(seconds > total / LIMIT - 1, `${seconds} s for ${total} is more than ${LIMIT} a second`);
    assert.ok(promotion > 0.65 * total, `${promotion} of ${total} for the promotion in ${seconds} s`);
    assert.ok(replication > 0.1 * total && replication < 0.3 * total, `${replication} for replication`);
  });

  it('lets them find the limit of a host of which none is known', async () => {
    const [count, total] = [2, 600];
    const { shareRefused, fewest } = await run(count, total);
    // Nobody knows the limit before the first 429, so what is under way then is refused as well.
    const found = 2 * LIMIT + count * CALLS_AT_ONCE;
    assert.ok(shareRefused(found) < 0.05, `${shareRefused(found)} answered 429`);
    assert.ok(fewest > total / count / 4, `${fewest} answers for one of ${count}`);
  });
});
