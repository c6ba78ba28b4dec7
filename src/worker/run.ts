import { Client } from '@temporalio/client';
import { Worker, type NativeConnection, type WorkflowBundleOption } from '@temporalio/worker';
import { aborted, listenForInterruption } from '../client/interruption.ts';
import { ensureSearchAttributes } from '../client/search-attributes.ts';
import { connectWorker } from '../client/worker-connection.ts';
import { serveHealth } from '../client/worker-health.ts';
import type { Config } from '../config.ts';
import { dataConverterOf } from '../encryption/payload-codec.ts';
import { openTracing } from '../telemetry/open-tracing.ts';
import { installRuntime } from '../telemetry/runtime.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { loadWorkflows } from './workflow-bundle.ts';
import { openDependencies } from './dependencies.ts';
import { limitHeap } from './heap.ts';
import { queuesOf } from './queues.ts';

export interface WorkerSettings {
  /** Without it the worker opens and closes its own to the server of the configuration. */
  readonly connection?: NativeConnection;
  /** From {@link loadWorkflows}, where that has been done already. */
  readonly workflows?: WorkflowBundleOption;
  /** How long activities may go on after a stop was asked for, in milliseconds; 30 s by default. */
  readonly graceMs?: number;
  readonly tracing?: Tracing;
}

export interface RunningWorker {
  /** Resolves when the worker has stopped, and rejects when it could not go on. */
  readonly done: Promise<void>;
  /** Whether it takes work: not while it starts or stops. */
  readonly isReady: () => boolean;
  /** Takes no more work, lets activities end within the grace time and cancels the rest; they resume elsewhere. */
  readonly stop: () => Promise<void>;
}

/** Starts a promotion worker. @throws PromoterError `StoreUnavailable`, `ConfigInvalid`, `TemporalUnavailable` */
export async function startWorker(config: Config, settings: WorkerSettings = {}): Promise<RunningWorker> {
  const { graceMs = 30_000, tracing } = settings;
  limitHeap();
  // Secrets come in the environment, too; what Node reports of a crash is for others to read.
  process.report.excludeEnv = true;
  const connection = settings.connection ?? (await connectWorker(config));
  await ensureSearchAttributes(connection, config.namespace);
  const client = new Client({ connection, namespace: config.namespace, ...dataConverterOf(config.encryption) });
  const dependencies = await openDependencies(config, client, tracing);
  const workflowBundle = settings.workflows ?? (await loadWorkflows(config.telemetry));
  const queues = queuesOf(config, { connection, workflowBundle, graceMs, tracing }, dependencies);
  const workers = await Promise.all(queues.map((options) => Worker.create(options)));
  const shutdown = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const run = async (): Promise<void> => {
    try {
      // Each has stopped before what they work with is closed; one that fails takes the other along.
      const ends = await Promise.allSettled(workers.map((worker) => worker.run().finally(shutdown)));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    } finally {
      await dependencies.close();
      if (settings.connection === undefined) await connection.close();
    }
  };
  const done = run();
  return {
    done,
    isReady: () => workers.every((worker) => worker.getState() === 'RUNNING'),
    stop: () => {
      shutdown();
      return done;
    },
  };
}

/** Works until a signal asks it to end. */
export async function runWorker(config: Config, settings: WorkerSettings = {}): Promise<void> {
  installRuntime(config.logLevel ?? 'warn', config.telemetry);
  const { signal } = listenForInterruption();
  const tracing = await openTracing(config.telemetry, 'promoter-worker');
  let worker: RunningWorker | undefined;
  const { healthAddress } = config.worker;
  const health =
    healthAddress === undefined ? undefined : await serveHealth(healthAddress, () => worker?.isReady() === true);
  try {
    worker = await startWorker(config, { ...settings, ...(tracing === undefined ? {} : { tracing }) });
    await Promise.race([worker.done, aborted(signal).then(worker.stop)]);
  } finally {
    await Promise.all([health?.close(), tracing?.close()]);
  }
}
