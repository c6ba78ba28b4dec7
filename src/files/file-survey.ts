import type { FileManifest, Filestore } from '../manifest/file-manifest.ts';
import type { Bucket, StoredFile } from './bucket.ts';
import { differingOutcome, lostOutcome, type FileTask, type TaskResult, type TaskRules } from './file-task.ts';

/** A task that somebody has to look at more closely, or do; `bytes` is the size at the source. */
export interface OpenTask extends FileTask {
  readonly bytes: number;
}

/** What listings tell of the tasks of a manifest and one of its destinations. */
export interface Survey {
  readonly open: readonly OpenTask[];
  readonly settled: readonly TaskResult[];
}

/** Those of a bucket's files that are asked for, by name: a bucket may hold many more than a manifest lists. */
export async function findFiles(
  bucket: Bucket,
  names: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, StoredFile>> {
  const found = new Map<string, StoredFile>();
  for await (const file of bucket.list({ signal })) {
    if (names.has(file.name)) found.set(file.name, file);
  }
  return found;
}

/**
 * Tells from listings what is there already, what is lost and what is different. A file whose hash no listing has stays
 * open, and so does one that is to be copied.
 */
export function surveyFiles(
  tasks: readonly FileTask[],
  source: ReadonlyMap<string, StoredFile>,
  destination: ReadonlyMap<string, StoredFile>,
  rules: TaskRules,
): Survey {
  const open: OpenTask[] = [];
  const settled: TaskResult[] = [];
  for (const task of tasks) {
    const found = destination.get(task.name);
    const bytes = source.get(task.name)?.size;
    if (found?.sha256 === task.sha256) settled.push({ ...task, kind: 'present' });
    else if (found?.sha256 !== undefined && !rules.overwrite) {
      settled.push({ ...task, ...differingOutcome(task, found.sha256) });
    } else if (found === undefined && bytes === undefined) settled.push({ ...task, ...lostOutcome(task, rules) });
    else open.push({ ...task, bytes: bytes ?? 0 });
  }
  return { open, settled };
}

/** The tasks of a manifest at one of its destinations. */
export function tasksOf(
  { source, files }: FileManifest,
  { base: destination, serviceAccount }: Filestore,
  useServiceAccount: boolean,
): readonly FileTask[] {
  return files.map(({ name, sha256 }) => ({
    name,
    sha256,
    source: source.base,
    destination,
    ...(useServiceAccount && serviceAccount !== undefined && { serviceAccount }),
  }));
}

/** Tasks in pieces for one activity each: so many, and not much more than so many bytes. */
export function shardsOf(
  tasks: readonly OpenTask[],
  most: number,
  mostBytes: number,
): readonly (readonly OpenTask[])[] {
  const shards: OpenTask[][] = [];
  let bytes = Infinity;
  for (const task of tasks) {
    const current = shards.at(-1);
    if (current === undefined || current.length >= most || bytes + task.bytes > mostBytes) {
      shards.push([task]);
      bytes = task.bytes;
    } else {
      current.push(task);
      bytes += task.bytes;
    }
  }
  return shards;
}
