import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { isTransient, PromoterError } from '../errors.ts';
import { promoteFile } from '../files/file-promotion.ts';
import type { OpenTask } from '../files/file-survey.ts';
import type { FileTask, TaskOutcome, TaskResult } from '../files/file-task.ts';
import { getJson, putJson } from '../plan/json-document.ts';
import { recordName, shardPart } from '../plan/records.ts';
import type { FileDependencies } from './file-dependencies.ts';
import type { CheckedFileRequest } from './file-request.ts';
import { tallyFiles, type FileTally } from './file-tally.ts';
import { startPosition } from './position.ts';
import { withPulse } from './pulse.ts';
import { sideBySide } from './side-by-side.ts';

export interface PromoteFilesInput {
  readonly run: string;
  readonly request: CheckedFileRequest;
  readonly index: string;
  readonly shard: number;
  /** Where a call that left files unsettled came to. */
  readonly from?: string;
}

/** Files that may be promoted later, by somebody's decision. */
export interface UnsettledFiles {
  readonly files: number;
  /** Why the first of them could not be promoted. */
  readonly reason: string;
  /** Where to go on, by reference into the plan store. */
  readonly position: string;
}

/** What became of a shard's files; nothing is counted while some are unsettled. */
export type ShardTally = FileTally & { readonly unsettled?: UnsettledFiles };

/** What a heartbeat carries: by their place in the shard, the files that are done, and how. */
interface FilesPosition {
  readonly done: readonly (readonly [number, Extract<TaskOutcome, { kind: 'copied' | 'present' }>])[];
}

/** Each holds some 30 MiB while a large file is uploaded. */
const FILES_AT_ONCE = 4;

/**
 * Brings the files of one shard to their destinations. A file that fails holds up no other; what may succeed later is
 * tried again by the next attempt, which begins behind what this one has done. The last one keeps it back, or leaves it
 * unsettled where the run waits for a decision.
 *
 * @throws PromoterError `BucketUnavailable` while there is something to try again; `Store*`
 */
export function createPromoteFiles({ buckets, store }: FileDependencies) {
  return async function promoteFiles(input: PromoteFilesInput): Promise<ShardTally> {
    const { run, request, index, shard, from } = input;
    const shards = await getJson<readonly string[]>(store, index);
    const tasks = await getJson<readonly OpenTask[]>(store, shards[shard] ?? '');
    const isLast = activityInfo().attempt >= request.attempts;
    const keepsBack = isLast && request.onPhaseFailure !== 'hold';
    const signal = cancellationSignal();
    const done = new Map((await startPosition<FilesPosition>(store, from))?.done);
    const position = (): FilesPosition => ({ done: [...done] });
    const results = await withPulse(position, () =>
      sideBySide(
        tasks.entries(),
        FILES_AT_ONCE,
        async ([at, task]): Promise<TaskResult | PromoterError> => {
          const outcome = done.get(at) ?? (await attempt(task));
          if (outcome instanceof PromoterError) return outcome;
          if (outcome.kind === 'copied' || outcome.kind === 'present') done.set(at, outcome);
          return resultOf(task, outcome);
        },
        signal,
      ),
    );
    const failures = results.filter((result) => result instanceof PromoterError);
    if (failures[0] !== undefined) {
      if (!isLast) throw tryAgain(failures[0], failures.length, tasks.length);
      const left = { files: failures.length, reason: failures[0].message, position: await putJson(store, position()) };
      return { ...tallyFiles([]), unsettled: left };
    }
    const settled = results as readonly TaskResult[];
    await store.point(recordName(run, 'files', shardPart(shard)), await putJson(store, settled));
    return tallyFiles(settled);

    /** @returns the error when another attempt may succeed */
    async function attempt(task: FileTask): Promise<TaskOutcome | PromoterError> {
      try {
        const source = await buckets.open(task.source);
        const destination = await buckets.open(task.destination, task.serviceAccount);
        return await promoteFile(task, { source, destination }, request, { signal });
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof PromoterError)) throw error;
        if (isTransient(error.code) && !keepsBack) return error;
        return { kind: 'kept-back', reason: error.code, message: error.message };
      }
    }
  };
}

/** The size that the plan was made with says nothing of what was done. */
function resultOf({ name, sha256, source, destination, serviceAccount }: OpenTask, outcome: TaskOutcome): TaskResult {
  return { name, sha256, source, destination, ...(serviceAccount !== undefined && { serviceAccount }), ...outcome };
}

function tryAgain(first: PromoterError, failed: number, total: number): PromoterError {
  return new PromoterError(first.code, `${failed} of ${total} files are still to be promoted: ${first.message}`, {
    cause: first,
    ...(first.retryAfterMs !== undefined && { retryAfterMs: first.retryAfterMs }),
  });
}
