import { sourceOf, targetOf, type TaskResult } from '../files/file-task.ts';
import { getJson } from '../plan/json-document.ts';
import { recordsOf } from '../plan/records.ts';
import type { PlanStore } from '../plan/store.ts';
import type { FilePromotionReport, FilePromotionRequest } from '../workflows/file-messages.ts';
import type { CommandOutput } from './output.ts';
import { renderPhases } from './report-text.ts';
import { counted, formatBytes } from './units.ts';

/** kpromo's line for a beginning or an end. */
export function banner(text: string, { confirm }: Pick<FilePromotionRequest, 'confirm'>): string {
  return `********** ${text}${confirm === true ? '' : ' (DRY RUN)'} **********\n`;
}

/** What became of each file of a run, one after the other. */
export async function* fileResults(store: PlanStore, run: string | undefined): AsyncGenerator<TaskResult> {
  if (run === undefined) return;
  for (const digest of await recordsOf(store, run, 'files')) {
    yield* await getJson<readonly TaskResult[]>(store, digest);
  }
}

/** Prints what was copied, or would be, as kpromo does; after that what was kept back and why. Counts go to stderr. */
export async function printFiles(
  report: FilePromotionReport,
  results: AsyncIterable<TaskResult>,
  { stdout, stderr }: CommandOutput,
): Promise<void> {
  const problems: string[] = [];
  for await (const result of results) {
    if (result.kind === 'copied' || result.kind === 'missing') {
      stdout.write(`COPY ${JSON.stringify(sourceOf(result))} to ${JSON.stringify(targetOf(result))}\n`);
    }
    if (result.kind === 'kept-back') problems.push(result.message);
  }
  stdout.write(
    problems.length > 0
      ? '********** FINISHED WITH ERRORS **********\n'
      : banner('FINISHED', { confirm: !isDryRun(report) }),
  );
  for (const problem of problems) stdout.write(`${problem}\n`);
  stderr.write(`${summaryOf(report)}\n`);
}

/** How a run stands, or ended: its phases, what it did, and the first of the files that were kept back. */
export function renderFileReport(report: FilePromotionReport): string {
  const { shards, total, samples, counts, phases } = report;
  const more = counts.keptBack - samples.length;
  const lines = [
    `${shards.done}/${shards.total} shards of ${counted(total, 'file')}`,
    summaryOf(report),
    ...samples.map(({ message }) => `kept back: ${message}`),
    ...(more > 0 ? [`… and ${more} more`] : []),
  ];
  // Runs of earlier versions have no phases.
  const rows = (phases as typeof phases | undefined) === undefined ? '' : renderPhases({ phases }, Date.now());
  return `${rows}${lines.map((line) => `${line}\n`).join('')}`;
}

/** Where files were kept back the outcome does not say it. */
function isDryRun({ outcome, counts }: FilePromotionReport): boolean {
  return outcome === 'dry-run' || counts.missing > 0;
}

function summaryOf(report: FilePromotionReport): string {
  const { copied, missing, present, skipped, keptBack, bytes } = report.counts;
  const moved = isDryRun(report) ? `${counted(missing, 'file')} to copy` : `${counted(copied, 'file')} copied`;
  const parts = [`${moved} (${formatBytes(bytes)})`, `${present.toLocaleString('en')} there already`];
  if (skipped > 0) parts.push(`${skipped.toLocaleString('en')} missing in the source`);
  if (keptBack > 0) parts.push(`${keptBack.toLocaleString('en')} kept back`);
  return parts.join(', ');
}
