import { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { NativeConnection, WorkerOptions, WorkflowBundleOption } from '@temporalio/worker';
import { rethrowCancellation } from './src/activities/cancellation.ts';
import { createActivities, createFileActivities, createReplicationActivities } from './src/activities/index.ts';
import { createNotificationActivities } from './src/activities/notify.ts';
import { readingOf, writingOf } from './src/activities/writing.ts';
import type { ManifestFetcher } from './src/activities/manifests.ts';
import { findScanners } from './src/activities/vulnerabilities.ts';
import { openSigning } from './src/activities/signing-access.ts';
import { describeThrown } from './src/client/failure-text.ts';
import { sharingBy } from './src/client/budget-sharing.ts';
import { aborted, listenForInterruption } from './src/client/interruption.ts';
import { connectBudgets } from './src/client/registry-budgets.ts';
import { ensureSearchAttributes } from './src/client/search-attributes.ts';
import { serveHealth } from './src/client/worker-health.ts';
import { versionOf } from './src/client/worker-version.ts';
import { runLink } from './src/client/temporal-session.ts';
import { connectWorker } from './src/client/worker-connection.ts';
import { loadConfig, type Config } from './src/config.ts';
import { dataConverterOf } from './src/encryption/payload-codec.ts';
import { fetchManifests } from './src/manifest/git-fetch.ts';
import { createBuckets } from './src/files/buckets.ts';
import { openGate } from './src/gate-settings.ts';
import { openNotifier } from './src/notification-settings.ts';
import { openPlanStore } from './src/plan/plan-store.ts';
import { createCopier } from './src/registry/copy.ts';
import { openRegistry } from './src/registry-settings.ts';
import { createAttachmentLocks } from './src/signing/attachment-locks.ts';
import { loadWorkflows } from './src/workflow-bundle.ts';
import { replicationQueue } from './src/workflows/replication-messages.ts';
import { writingQueue } from './src/workflows/writing-queue.ts';
import { installRuntime } from './src/telemetry/runtime.ts';
import { openTracing } from './src/telemetry/open-tracing.ts';
import type { Tracing } from './src/telemetry/tracing.ts';
import { startTelemetry } from './src/telemetry/worker-telemetry.ts';
import { packageVersion } from './src/version.ts';
import { limitHeap, restartWithLimitedHeap } from './src/worker-heap.ts';

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

/** Who promoted, as attestations say it. */
const BUILDER_ID = `https://github.com/image-promoter/image-promoter@${packageVersion()}`;

/** Starts a promotion worker. @throws PromoterError `StoreUnavailable`, `ConfigInvalid`, `TemporalUnavailable` */
export async function startWorker(config: Config, settings: WorkerSettings = {}): Promise<RunningWorker> {
  const { graceMs = 30_000, tracing } = settings;
  limitHeap();
  const connection = settings.connection ?? (await connectWorker(config));
  await ensureSearchAttributes(connection, config.namespace);
  const encrypted = dataConverterOf(config.encryption);
  const client = new Client({ connection, namespace: config.namespace, ...encrypted });
  const telemetry = startTelemetry(client, config.telemetry, tracing);
  const budgets = connectBudgets(client, config.taskQueue);
  const sharing = sharingBy(budgets, config);
  const registry = openRegistry(config, process.env, {
    sharing: sharing.promotions,
    observer: telemetry.observerOf('promotion'),
  });
  telemetry.watchBudgets('promotion', registry);
  const store = telemetry.observeStore(await openPlanStore(config.planStore, () => registry));
  const signing = openSigning(config.signing, registry, process.env, BUILDER_ID);
  const scanners = await findScanners(config.scanners, process.env['PATH']);
  const fetchFromGit: ManifestFetcher = (source, signal) =>
    fetchManifests(source, { schemes: config.gitSchemes, signal });
  const notifier = openNotifier(config, process.env);
  const notifies = notifier.names.length > 0;
  const notifying = createNotificationActivities({
    notifier,
    linkOf: (run) => runLink(config.uiAddress === undefined ? {} : { ui: config.uiAddress }, config.namespace, run),
    counted: (target, event, result) => telemetry.instruments.notifications(1, { target, event, result }),
  });
  const common = {
    ...encrypted,
    ...versionOf(config.worker),
    connection,
    namespace: config.namespace,
    // How long a dead worker's workflows wait for it. One that is late merely has its workflows replayed elsewhere.
    stickyQueueScheduleToStartTimeout: '2 seconds',
    workflowBundle: settings.workflows ?? (await loadWorkflows(config.telemetry)),
    interceptors: { activity: [rethrowCancellation, ...(tracing === undefined ? [] : [tracing.activity])] },
    sinks: tracing?.sinks ?? {},
    // An activity learns of a pause, a reset or a cancellation at a heartbeat: within three seconds at most.
    maxHeartbeatThrottleInterval: '2 seconds',
    defaultHeartbeatThrottleInterval: '1 second',
    shutdownGraceTime: graceMs,
    shutdownForceTime: graceMs + 15_000,
  };
  const writesApart = config.worker.queues === 'reading';
  const activities = {
    ...createActivities({
      registry,
      copier: createCopier(registry),
      store,
      fetchManifests: fetchFromGit,
      signing,
      writers: budgets,
      ceilings: budgets,
      gate: openGate(config, process.env),
      scanners,
      notifies,
      writesApart,
    }),
    ...createFileActivities({ buckets: createBuckets(process.env), store, writesApart }),
  };
  const promotions: WorkerOptions = {
    ...common,
    taskQueue: config.taskQueue,
    activities: { ...notifying, ...(writesApart ? readingOf(activities) : activities) },
    // One takes 0.4 MiB (`npm run bench:load`), so these 80 MiB; the default grows with the heap, which belongs to blobs.
    maxCachedWorkflows: 200,
  };
  const { workflowBundle: _, ...withoutWorkflows } = common;
  const writing: WorkerOptions = {
    ...withoutWorkflows,
    taskQueue: writingQueue(config.taskQueue),
    activities: writingOf(activities),
  };
  // A queue and connections of its own: whatever holds replication up holds up nothing else.
  const aside = openRegistry(config, process.env, {
    sharing: sharing.replication,
    observer: telemetry.observerOf('replication'),
  });
  telemetry.watchBudgets('replication', aside);
  const replication: WorkerOptions = {
    ...common,
    taskQueue: replicationQueue(config.taskQueue),
    activities: {
      ...notifying,
      ...createReplicationActivities({
        registry: aside,
        copier: createCopier(aside),
        pushReferrer: (...push) => aside.pushReferrer(...push),
        locks: createAttachmentLocks(),
        trust: signing.trustRoot,
        naming: signing,
        settled: telemetry.mirrorsSettled,
        store,
        fetchManifests: fetchFromGit,
        notifies,
      }),
    },
    maxCachedWorkflows: 10,
  };
  const polled = {
    all: [promotions, replication],
    promotion: [promotions],
    reading: [promotions],
    writing: [writing],
    replication: [replication],
  };
  const workers = await Promise.all(polled[config.worker.queues].map((options) => Worker.create(options)));
  const shutdown = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const run = async (): Promise<void> => {
    try {
      // Each has stopped before what they work with is closed; one that fails takes the other along.
      const ends = await Promise.allSettled(workers.map((worker) => worker.run().finally(shutdown)));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    } finally {
      telemetry.close();
      await Promise.all([registry.close(), aside.close(), signing.close()]);
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

if (import.meta.main) {
  restartWithLimitedHeap();
  try {
    await runWorker(await loadConfig());
  } catch (error) {
    process.stderr.write(`promoter worker: ${describeThrown(error)}\n`);
    process.exitCode = 1;
  }
}
