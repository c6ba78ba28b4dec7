import { PromoterError } from '../errors.ts';
import type { Bucket, BucketCall, Replaces, StoredFile } from './bucket.ts';
import {
  differingOutcome,
  lostOutcome,
  sourceOf,
  targetOf,
  type FileTask,
  type TaskOutcome,
  type TaskRules,
} from './file-task.ts';
import { sha256Of, type Sha256 } from './sha256.ts';

/** How often a file is looked at again that somebody, perhaps an attempt before this one, wrote in between. */
const LOOKS = 3;

/** The two ends of a task. */
export interface Ends {
  readonly source: Bucket;
  readonly destination: Bucket;
}

/**
 * Brings a file to its destination, unless it is there. Asks first, so that doing it twice changes nothing; the content
 * is compared with its hash before anybody can see it.
 *
 * @throws PromoterError `Bucket*`, `DigestMismatch`, `FileConflict`
 */
export async function promoteFile(
  task: FileTask,
  ends: Ends,
  rules: TaskRules,
  call: BucketCall,
): Promise<TaskOutcome> {
  for (let look = 1; ; look++) {
    try {
      return await promoteOnce(task, ends, rules, call);
    } catch (error) {
      const isChanged =
        error instanceof PromoterError && (error.code === 'FileConflict' || error.code === 'SourceLost');
      if (!isChanged || look === LOOKS) throw error;
    }
  }
}

async function promoteOnce(
  task: FileTask,
  { source, destination }: Ends,
  rules: TaskRules,
  call: BucketCall,
): Promise<TaskOutcome> {
  const found = await destination.stat(task.name, call);
  if (found !== undefined) {
    const hash = await hashOf(destination, found, call);
    if (hash === task.sha256) return { kind: 'present' };
    if (!rules.overwrite) return differingOutcome(task, hash);
  }
  const file = await source.stat(task.name, call);
  if (file === undefined) return lostOutcome(task, rules);
  if (file.sha256 !== undefined && file.sha256 !== task.sha256) throw mismatch(task, file.sha256);
  if (!rules.confirm) return { kind: 'missing', bytes: file.size };
  const replaces: Replaces = found === undefined ? 'nothing' : { version: found.version };
  const open = (signal: AbortSignal | undefined) => source.read(file, signal === undefined ? {} : { signal });
  await destination.write(task.name, { size: file.size, sha256: task.sha256, open }, replaces, call);
  return { kind: 'copied', bytes: file.size };
}

/** What a bucket has on record, or else what reading the file says. */
async function hashOf(bucket: Bucket, file: StoredFile, call: BucketCall): Promise<Sha256> {
  return file.sha256 ?? sha256Of(await bucket.read(file, call));
}

function mismatch(task: FileTask, found: Sha256): PromoterError {
  return new PromoterError(
    'DigestMismatch',
    `sha256 did not match for file ${sourceOf(task)}: it is ${found} as recorded there, but should be ${task.sha256}; ` +
      `nothing was written to ${targetOf(task)}`,
  );
}
