import type { TaskResult } from '../files/file-task.ts';
import type { FileCounts, KeptBackFile } from '../workflows/file-messages.ts';

/** Kept-back files that a report shows; all of them are on record. */
const SAMPLES = 20;

/** What an activity tells of the files that it was given. */
export interface FileTally {
  readonly counts: FileCounts;
  readonly samples: readonly KeptBackFile[];
}

/** Counts what became of some files. */
export function tallyFiles(results: readonly TaskResult[]): FileTally {
  const keptBack = results.filter((result): result is KeptBackFile => result.kind === 'kept-back');
  const many = (kind: TaskResult['kind']): number => results.filter((result) => result.kind === kind).length;
  const moved = results.filter((result) => result.kind === 'copied' || result.kind === 'missing');
  const bytes = moved.reduce((sum, result) => sum + result.bytes, 0);
  return {
    counts: {
      copied: many('copied'),
      missing: many('missing'),
      present: many('present'),
      skipped: many('skipped'),
      keptBack: keptBack.length,
      bytes,
    },
    samples: keptBack.slice(0, SAMPLES),
  };
}
