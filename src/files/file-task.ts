import type { ErrorCode } from '../errors.ts';
import type { Sha256 } from './sha256.ts';

/** One file that is to be at one destination. */
export interface FileTask {
  readonly name: string;
  readonly sha256: Sha256;
  /** Base addresses, ending in a slash. */
  readonly source: string;
  readonly destination: string;
  /** Whom to write as, where the run is to do that. */
  readonly serviceAccount?: string;
}

/** Why a file was kept back: it is lost in the source, differs at the destination, or an error came in the way. */
export type KeptBackReason = 'lost' | 'differs' | ErrorCode;

/** What became of a task. */
export type TaskOutcome =
  | { readonly kind: 'copied'; readonly bytes: number }
  /** In a dry run: it would be copied. */
  | { readonly kind: 'missing'; readonly bytes: number }
  | { readonly kind: 'present' }
  /** Lost in the source, and the run was told to take no notice of that. */
  | { readonly kind: 'skipped' }
  | { readonly kind: 'kept-back'; readonly reason: KeptBackReason; readonly message: string };

/** A task and what became of it, as it is kept on record. */
export type TaskResult = FileTask & TaskOutcome;

/** What the request says of every task. */
export interface TaskRules {
  /** Without it nothing is written. */
  readonly confirm: boolean;
  /** Replace files at destinations that differ. */
  readonly overwrite: boolean;
  /** Take no notice of files that the source does not have. */
  readonly skipMissing: boolean;
}

/** The file's address at its source. */
export function sourceOf({ source, name }: Pick<FileTask, 'source' | 'name'>): string {
  return `${source}${name}`;
}

/** The file's address at its destination. */
export function targetOf({ destination, name }: Pick<FileTask, 'destination' | 'name'>): string {
  return `${destination}${name}`;
}

/** The outcome for a file that its source does not have. */
export function lostOutcome(task: FileTask, { skipMissing }: TaskRules): TaskOutcome {
  if (skipMissing) return { kind: 'skipped' };
  return {
    kind: 'kept-back',
    reason: 'lost',
    message: `${sourceOf(task)} does not exist; it should have sha256 ${task.sha256}`,
  };
}

/** The outcome for a file that is at its destination with another content. */
export function differingOutcome(task: FileTask, found: Sha256): TaskOutcome {
  const message =
    `${targetOf(task)} exists with sha256 ${found}, but should have ${task.sha256}; it was not replaced ` +
    '(--overwrite does that)';
  return { kind: 'kept-back', reason: 'differs', message };
}
