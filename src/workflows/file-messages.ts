import { defineQuery } from '@temporalio/workflow';
import type { TaskResult } from '../files/file-task.ts';
import type { PhaseName, PhaseRow, PromotionReport } from './messages.ts';

/** What starts a promotion of files: plain JSON. */
export interface FilePromotionRequest {
  /** Digest of a bundle of file manifests in the plan store. */
  readonly manifests: string;
  /** Without it nothing is written, and the report says what would be. */
  readonly confirm?: boolean;
  /** Replace files at destinations that have another content. */
  readonly overwrite?: boolean;
  /** Take no notice of files that the source does not have; they are kept back, and reported, otherwise. */
  readonly skipMissing?: boolean;
  /** Write as the service accounts that the manifests name. */
  readonly useServiceAccount?: boolean;
  /** How often what fails is tried; eight times unless given. */
  readonly attempts?: number;
  /** A worker that has said nothing for this long is taken for dead; 30 seconds unless given. */
  readonly heartbeat?: string | number;
  /** Wait for an operator when a bucket cannot be used for now (the default), or keep its files back and end. */
  readonly onPhaseFailure?: 'hold' | 'fail';
  /** How long a held phase waits before the run fails; 24 hours unless given. */
  readonly holdTimeout?: string | number;
}

/** The phases of a promotion of files: what is there is looked at, and what is missing copied. */
export const FILE_PHASES = ['plan', 'promote'] as const satisfies readonly PhaseName[];

/** What became of files, counted over destinations. */
export interface FileCounts {
  readonly copied: number;
  /** In a dry run: those that would be copied. */
  readonly missing: number;
  readonly present: number;
  /** Those that their source lacks, where the request says that this does not matter. */
  readonly skipped: number;
  readonly keptBack: number;
  /** Copied, or in a dry run to be copied. */
  readonly bytes: number;
}

/** A file that was kept back, as samples of the report show it. */
export type KeptBackFile = Extract<TaskResult, { kind: 'kept-back' }>;

export type FilePromotionOutcome = 'running' | 'held' | 'done' | 'dry-run' | 'quarantined' | 'failed';

/** How a promotion of files stands: the answer to the query `report`, and its result. */
export interface FilePromotionReport {
  readonly outcome: FilePromotionOutcome;
  /** The name under which the plan store keeps what became of each file. */
  readonly run: string;
  /** Files times destinations. */
  readonly total: number;
  readonly shards: { readonly done: number; readonly total: number };
  readonly counts: FileCounts;
  /** The first of the files that were kept back. */
  readonly samples: readonly KeptBackFile[];
  /** Milliseconds since the epoch. */
  readonly phases: readonly PhaseRow[];
  /** Set while a phase is held. */
  readonly hold?: NonNullable<PromotionReport['hold']>;
  readonly startedAt: number;
  readonly endedAt?: number;
}

/** How far it is, what it copied, what it kept back and why. */
export const fileReport = defineQuery<FilePromotionReport>('report');
