import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { rethrowCancellation } from '../../src/activities/cancellation.ts';
import { createFileActivities } from '../../src/activities/index.ts';
import type { Bucket } from '../../src/files/bucket.ts';
import { createBuckets, type Buckets } from '../../src/files/buckets.ts';
import { getJson } from '../../src/plan/json-document.ts';
import type { TaskResult } from '../../src/files/file-task.ts';
import { fileBundleBytes } from '../../src/manifest/file-bundle.ts';
import { openFolderStore } from '../../src/plan/folder-store.ts';
import { recordsOf } from '../../src/plan/records.ts';
import { packageRoot } from '../../src/stack/program-list.ts';
import { startProcess, type RunningProcess } from '../../src/stack/process.ts';
import type { FilePromotionReport, FilePromotionRequest } from '../../src/workflows/file-messages.ts';
import type { filePromotion } from '../../src/workflows/index.ts';
import { contentOf, hashOf } from '../files/bucket-contract.ts';
import { startGoogle, startS3, type BucketServer } from './bucket-servers.ts';
import { replayRuns, temporalFixture } from './temporal.ts';

/** Buckets of every kind, and workers that promote files between them. */
export interface FileLab {
  readonly s3: BucketServer;
  readonly google: BucketServer;
  readonly buckets: Buckets;
  /** An empty folder, as a base address. */
  folder(): Promise<string>;
  put(base: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
  /** Everything in a bucket, by name, as hashes of what reading gives. */
  contents(base: string): Promise<Readonly<Record<string, string>>>;
  /** Promotes what manifests list, replays the history, and tells what became of each file. */
  promote(promotion: LabPromotion): Promise<LabResult>;
  /** Starts the same and leaves it to workers of the queue. */
  start(
    promotion: Omit<LabPromotion, 'buckets' | 'steer'>,
    taskQueue: string,
  ): Promise<WorkflowHandle<typeof filePromotion>>;
  /** Starts a worker in a process of its own. @param environment beside the lab's */
  startWorker(taskQueue: string, environment?: Readonly<Record<string, string>>): Promise<RunningProcess>;
  stop(): Promise<void>;
}

export interface LabPromotion {
  readonly source: string;
  readonly destinations: readonly string[];
  /** Hashes by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly request?: Partial<FilePromotionRequest>;
  /** In place of the lab's own, to put faults in. */
  readonly buckets?: Buckets;
  /** What people do meanwhile. */
  readonly steer?: (handle: WorkflowHandle) => Promise<void>;
}

export interface LabResult {
  readonly report: FilePromotionReport;
  readonly results: readonly TaskResult[];
}

/** Starts it; every bucket is empty. */
export async function startFileLab(): Promise<FileLab> {
  const directory = await mkdtemp(join(tmpdir(), 'files-'));
  const [s3, google, store] = await Promise.all([startS3(), startGoogle(), openFolderStore(join(directory, 'store'))]);
  const buckets = createBuckets({ ...s3.environment, ...google.environment });
  const start: FileLab['start'] = async (promotion, taskQueue) => {
    const { environment } = await temporalFixture();
    const manifests = await store.put(bundleOf(promotion));
    return environment.client.workflow.start<typeof filePromotion>('filePromotion', {
      taskQueue,
      workflowId: randomUUID(),
      args: [{ manifests, confirm: true, ...promotion.request }],
    });
  };
  return {
    s3,
    google,
    buckets,
    folder: async () => pathToFileURL(`${await mkdtemp(join(directory, 'bucket-'))}/`).href,
    async put(base, files) {
      const bucket = await buckets.open(base);
      for (const [name, bytes] of Object.entries(files)) await bucket.write(name, contentOf(bytes), 'nothing');
    },
    async contents(base) {
      const bucket = await buckets.open(base);
      const found: Record<string, string> = {};
      for await (const file of bucket.list()) found[file.name] = await readHash(bucket, file.name);
      return found;
    },
    start,
    async startWorker(taskQueue, more = {}) {
      const { environment } = await temporalFixture();
      return startProcess({
        name: 'the worker',
        program: process.execPath,
        args: [join(packageRoot(), 'worker.ts')],
        env: {
          ...s3.environment,
          ...google.environment,
          TEMPORAL_ADDRESS: environment.address,
          PROMOTER_TASK_QUEUE: taskQueue,
          PROMOTER_PLAN_STORE: join(directory, 'store'),
          ...more,
        },
        logFile: join(directory, 'worker.log'),
        ready: async () => true,
      });
    },
    async promote(promotion) {
      const { environment, workflowBundle } = await temporalFixture();
      const taskQueue = randomUUID();
      const worker = await Worker.create({
        connection: environment.nativeConnection,
        taskQueue,
        workflowBundle,
        activities: createFileActivities({ buckets: promotion.buckets ?? buckets, store }),
        interceptors: { activity: [rethrowCancellation] },
        maxHeartbeatThrottleInterval: '100 milliseconds',
        defaultHeartbeatThrottleInterval: '100 milliseconds',
      });
      const handle = await start(promotion, taskQueue);
      const report = await worker.runUntil(async () => {
        await promotion.steer?.(handle);
        return handle.result();
      });
      await replayRuns(handle.workflowId);
      const results: TaskResult[] = [];
      for (const digest of await recordsOf(store, report.run, 'files')) {
        results.push(...(await getJson<readonly TaskResult[]>(store, digest)));
      }
      return { report, results };
    },
    async stop() {
      await Promise.all([s3.stop(), google.stop()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Hashes of some files as a manifest lists them. */
export function hashesOf(files: Readonly<Record<string, string | Uint8Array>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, hashOf(bytes)]));
}

/** Buckets in which calls go through somebody's hands first. */
export function through(buckets: Buckets, change: (bucket: Bucket) => Partial<Bucket>): Buckets {
  return {
    async open(base, serviceAccount) {
      const bucket = await buckets.open(base, serviceAccount);
      return { ...bucket, ...change(bucket) };
    },
  };
}

async function readHash(bucket: Bucket, name: string): Promise<string> {
  const file = await bucket.stat(name);
  if (file === undefined) throw new Error(`${name} is listed, but is not there`);
  const stream: Readable = await bucket.read(file);
  return hashOf(Buffer.concat(await stream.toArray()));
}

function bundleOf({ source, destinations, files }: LabPromotion): Uint8Array {
  const filestores = [{ base: source, src: true }, ...destinations.map((base) => ({ base }))];
  const listed = Object.entries(files).map(([name, sha256]) => ({ name, sha256 }));
  return fileBundleBytes({
    projects: [
      {
        filestores: { path: 'filestores.yaml', text: JSON.stringify({ filestores }) },
        files: [{ path: 'files.yaml', text: JSON.stringify({ files: listed }) }],
      },
    ],
  });
}
