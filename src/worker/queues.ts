import type { NativeConnection, WorkerOptions } from '@temporalio/worker';
import { rethrowCancellation } from '../activities/cancellation.ts';
import { createActivities, createFileActivities, createReplicationActivities } from '../activities/index.ts';
import { createNotificationActivities } from '../activities/notify.ts';
import { readingOf, writingOf } from '../activities/writing.ts';
import { versionOf } from '../client/worker-version.ts';
import type { Config } from '../config.ts';
import { dataConverterOf } from '../encryption/payload-codec.ts';
import { createBuckets } from '../files/buckets.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { replicationQueue } from '../workflows/replication-messages.ts';
import { writingQueue } from '../workflows/writing-queue.ts';
import type { Dependencies } from './dependencies.ts';

export interface QueueSettings extends Required<Pick<WorkerOptions, 'workflowBundle'>> {
  readonly connection: NativeConnection;
  /** How long activities may go on after a stop was asked for, in milliseconds. */
  readonly graceMs: number;
  readonly tracing?: Tracing | undefined;
}

/** What a worker does for each queue that it is configured to take work from. */
export function queuesOf(
  config: Config,
  settings: QueueSettings,
  { promotion, replication, notification }: Dependencies,
): readonly WorkerOptions[] {
  const { workflowBundle } = settings;
  const common = commonOf(config, settings);
  const notifying = createNotificationActivities(notification);
  const { store, writesApart = false } = promotion;
  const activities = {
    ...createActivities(promotion),
    ...createFileActivities({ buckets: createBuckets(process.env), store, writesApart }),
  };
  const promotions: WorkerOptions = {
    ...common,
    workflowBundle,
    taskQueue: config.taskQueue,
    activities: { ...notifying, ...(writesApart ? readingOf(activities) : activities) },
    // One takes 0.45 MiB (`npm run bench:load`), so these 90 MiB; the default grows with the heap, which belongs to blobs.
    maxCachedWorkflows: 200,
  };
  const writing: WorkerOptions = {
    ...common,
    taskQueue: writingQueue(config.taskQueue),
    activities: writingOf(activities),
  };
  const replications: WorkerOptions = {
    ...common,
    workflowBundle,
    taskQueue: replicationQueue(config.taskQueue),
    activities: { ...notifying, ...createReplicationActivities(replication) },
    maxCachedWorkflows: 10,
  };
  const polled = {
    all: [promotions, replications],
    promotion: [promotions],
    reading: [promotions],
    writing: [writing],
    replication: [replications],
  };
  return polled[config.worker.queues];
}

function commonOf(config: Config, { connection, graceMs, tracing }: QueueSettings): Omit<WorkerOptions, 'taskQueue'> {
  return {
    ...dataConverterOf(config.encryption),
    ...versionOf(config.worker),
    connection,
    namespace: config.namespace,
    // How long a dead worker's workflows wait for it. One that is late merely has its workflows replayed elsewhere.
    stickyQueueScheduleToStartTimeout: '2 seconds',
    interceptors: { activity: [rethrowCancellation, ...(tracing === undefined ? [] : [tracing.activity])] },
    sinks: tracing?.sinks ?? {},
    // An activity learns of a pause, a reset or a cancellation at a heartbeat: within three seconds at most.
    maxHeartbeatThrottleInterval: '2 seconds',
    defaultHeartbeatThrottleInterval: '1 second',
    shutdownGraceTime: graceMs,
    shutdownForceTime: graceMs + 15_000,
  };
}
