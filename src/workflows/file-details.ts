import { addCounts } from './counts.ts';
import type { FileCounts, FilePromotionReport } from './file-messages.ts';
import { renderHold, renderPhases } from './details.ts';
import { cell } from './plain-text.ts';

/** The UI passes details in a URL, so they have to stay short. */
const LONGEST_DETAILS = 3_500;

const SAMPLES = 20;

/** Nothing has been done yet. */
export const NO_FILES: FileCounts = { copied: 0, missing: 0, present: 0, skipped: 0, keptBack: 0, bytes: 0 };

/** Adds what an activity did to what was done before. */
export function addFiles(
  { counts: a, samples }: Pick<FilePromotionReport, 'counts' | 'samples'>,
  { counts: b, samples: more }: Pick<FilePromotionReport, 'counts' | 'samples'>,
): Pick<FilePromotionReport, 'counts' | 'samples'> {
  return {
    counts: addCounts(a, b),
    samples: [...samples, ...more].slice(0, SAMPLES),
  };
}

/** What the UI shows of a promotion of files as its current details. Markdown. */
export function renderFiles(report: FilePromotionReport, now: number): string {
  const { counts, shards, total, samples, phases } = report;
  const { copied, missing, present, skipped, keptBack, bytes } = counts;
  const hold = renderHold(report);
  const lines = [
    ...(hold === '' ? [] : [hold]),
    renderPhases(phases, now),
    `**${shards.done}/${shards.total} shards of ${total} files**`,
    `${copied} copied, ${missing} to copy, ${(bytes / 1_000_000).toFixed(1)} MB; ${present} there already, ${skipped} skipped.`,
    ...(keptBack === 0 ? [] : [`**${keptBack} kept back**`]),
    ...samples.slice(0, 5).map(({ message }) => `- ${cell(message, 300)}`),
  ];
  return lines.join('\n\n').slice(0, LONGEST_DETAILS);
}
