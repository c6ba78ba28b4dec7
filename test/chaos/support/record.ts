import { appendFile } from 'node:fs/promises';
import type { MutationFinding } from '../../../tools/mutation/score.ts';
import type { FaultOutcome } from './fault-trial.ts';
import type { SeriesResult } from './kill-series.ts';
import type { ProcessFigures } from './process-figures.ts';

/** What kills of one kind came to. */
export interface KillFinding extends SeriesResult {
  readonly kind: 'kills';
  readonly what: string;
  readonly every: number | 'sample';
  /** The first request with a kill. */
  readonly first: number;
}

/** What a fault came to. */
export interface FaultFinding extends FaultOutcome {
  readonly kind: 'fault';
  readonly fault: string;
  readonly place: string;
  /** kpromo v4.5.1's end on the same fault, where it was measured. */
  readonly kpromo?: string;
}

/** What a soak saw after each round. */
export interface SoakSample extends ProcessFigures {
  readonly minute: number;
  readonly promotions: number;
  /** Of Temporal's server. */
  readonly databaseBytes: number;
  readonly storeBytes: number;
}

export interface SoakFinding {
  readonly kind: 'soak';
  readonly minutes: number;
  readonly samples: readonly SoakSample[];
  readonly wrong: readonly string[];
}

/** A line of docs/reliability.jsonl. */
export type Finding = KillFinding | FaultFinding | SoakFinding | MutationFinding;

/** Keeps a finding in the file that CHAOS_RECORD names, if it names one. */
export async function noteResult(finding: Finding): Promise<void> {
  const { CHAOS_RECORD: file } = process.env;
  if (file !== undefined) await appendFile(file, `${JSON.stringify(finding)}\n`);
}
