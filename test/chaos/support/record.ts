import { appendFile } from 'node:fs/promises';
import type { SeriesResult } from './kill-series.ts';

/** What a run has found, as a line of docs/reliability.jsonl. */
export type Finding = {
  readonly kind: 'kills';
  readonly what: string;
  readonly every: number | 'sample';
} & SeriesResult;

/** Keeps a finding in the file that CHAOS_RECORD names, if it names one. */
export async function noteResult(finding: Finding): Promise<void> {
  const { CHAOS_RECORD: file } = process.env;
  if (file !== undefined) await appendFile(file, `${JSON.stringify(finding)}\n`);
}
