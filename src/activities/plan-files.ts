import { cancellationSignal } from '@temporalio/activity';
import { isTransient, PromoterError } from '../errors.ts';
import type { StoredFile } from '../files/bucket.ts';
import type { Buckets } from '../files/buckets.ts';
import { findFiles, shardsOf, surveyFiles, tasksOf, type OpenTask, type Survey } from '../files/file-survey.ts';
import type { FileTask, TaskResult } from '../files/file-task.ts';
import { fileBundleFromBytes } from '../manifest/file-bundle.ts';
import { parseFileBundle } from '../manifest/file-manifest-parser.ts';
import type { FileManifest, Filestore } from '../manifest/file-manifest.ts';
import { putJson } from '../plan/json-document.ts';
import { recordName } from '../plan/records.ts';
import type { Digest } from '../reference.ts';
import type { FileDependencies } from './file-dependencies.ts';
import { checkFileRequest, type CheckedFileRequest } from './file-request.ts';
import { tallyFiles, type FileTally } from './file-tally.ts';
import { withPulse } from './pulse.ts';
import { sideBySide } from './side-by-side.ts';

/** What is to be done: open tasks in shards, by reference, and what the listings have settled. */
export interface FilePlan extends FileTally {
  readonly request: CheckedFileRequest;
  readonly index: string;
  readonly shards: number;
  /** Files times destinations. */
  readonly total: number;
  /** Set where what writes is for workers of another queue: the one that planned cannot. */
  readonly writesApart?: boolean;
}

/** Few enough that an attempt is short, and enough that a history is. */
const TASKS_PER_SHARD = 200;
const BYTES_PER_SHARD = 4 * 1024 ** 3;
const BUCKETS_AT_ONCE = 8;

/**
 * Reads the manifests, lists every source and destination once, and tells what is left to look at or to copy.
 *
 * What cannot be listed costs its own files; when nothing can be, the plan fails.
 *
 * @throws PromoterError `RequestInvalid`, `ManifestInvalid`, `Store*`, `Bucket*`
 */
export function createPlanFiles({ buckets, store, writesApart = false }: FileDependencies) {
  return async function planFiles(input: { readonly run: string; readonly request: unknown }): Promise<FilePlan> {
    const request = checkFileRequest(input.request);
    const manifests = parseFileBundle(fileBundleFromBytes(await store.get(request.manifests as Digest)));
    const work = manifests.flatMap((manifest) => worksOf(buckets, manifest, request));
    const signal = cancellationSignal();
    let listed = 0;
    const surveys = await withPulse(
      () => ({ listed, total: work.length }),
      () =>
        sideBySide(
          work,
          BUCKETS_AT_ONCE,
          async (one) => {
            const survey = await surveyOrKeepBack(buckets, one, request, signal);
            listed += 1;
            return survey;
          },
          signal,
        ),
    );
    const broken = surveys.flatMap(({ error }) => error ?? []);
    if (broken[0] !== undefined && broken.length === surveys.length) throw broken[0];
    const settled = surveys.flatMap((survey) => survey.settled);
    await store.point(recordName(input.run, 'files', 'listed'), await putJson(store, settled));
    const open = distinct(surveys.flatMap((survey) => survey.open));
    const shards: Digest[] = [];
    for (const shard of shardsOf(open, TASKS_PER_SHARD, BYTES_PER_SHARD)) shards.push(await putJson(store, shard));
    return {
      request,
      index: await putJson(store, shards),
      shards: shards.length,
      total: settled.length + open.length,
      ...(writesApart && request.confirm ? { writesApart } : {}),
      ...tallyFiles(settled),
    };
  };
}

/** The files of a manifest at one of its destinations. */
interface Work {
  readonly tasks: readonly FileTask[];
  readonly destination: Filestore;
  /** Lists the source, once for all destinations. */
  readonly source: (signal: AbortSignal) => Promise<ReadonlyMap<string, StoredFile>>;
}

function worksOf(buckets: Buckets, manifest: FileManifest, request: CheckedFileRequest): readonly Work[] {
  const names = new Set(manifest.files.map(({ name }) => name));
  let listing: Promise<ReadonlyMap<string, StoredFile>> | undefined;
  const list = async (signal: AbortSignal) => findFiles(await buckets.open(manifest.source.base), names, signal);
  return manifest.destinations.map((destination) => ({
    tasks: tasksOf(manifest, destination, request.useServiceAccount),
    destination,
    source: (signal) => (listing ??= list(signal)),
  }));
}

async function surveyOrKeepBack(
  buckets: Buckets,
  { tasks, destination: { base }, source }: Work,
  request: CheckedFileRequest,
  signal: AbortSignal,
): Promise<Survey & { readonly error?: PromoterError }> {
  try {
    const available = await source(signal);
    const bucket = await buckets.open(base, tasks[0]?.serviceAccount);
    const found = await findFiles(bucket, new Set(tasks.map(({ name }) => name)), signal);
    return surveyFiles(tasks, available, found, request);
  } catch (error) {
    if (!(error instanceof PromoterError) || isTransient(error.code)) throw error;
    const { code: reason, message } = error;
    const settled = tasks.map((task): TaskResult => ({ ...task, kind: 'kept-back', reason, message }));
    return { open: [], settled, error };
  }
}

/** Two manifests may want the same file in the same place. */
function distinct(tasks: readonly OpenTask[]): readonly OpenTask[] {
  return [...new Map(tasks.map((task) => [`${task.destination}${task.name}`, task])).values()];
}
