import { cell } from './plain-text.ts';
import type { OldestReading, ReplicationReport } from './replication-messages.ts';

/** The UI passes details in a URL, so they have to stay short. */
const LONGEST_DETAILS = 3_500;

/** What the UI shows of a replication as its current details: how far it is, what it did, what it could not do. Markdown. */
export function renderReplication(report: ReplicationReport, now: number): string {
  const { counts, residue, mended, unsigned, caughtUp, oldest, oldestRead } = report;
  const parts = [
    progressOf(report, now),
    `${counts.listed} sources and ${counts.compared} mirrors' repositories listed of ${report.pairs} pairs. ${counts.read} attachments read back. Lacking: ${counts.missing} tags, ${counts.differing} different, ${counts.referrers} referrers, ${counts.damaged} damaged; ${counts.written} written.`,
    section(`${residue.count} could not be done`, residue.samples, ({ message }) => message),
    section(
      `${mended.count} had been equal and no longer were`,
      mended.samples,
      ({ mirror, tags }) => `${mirror} ${tags.join(', ')}`,
    ),
    section(
      `${unsigned.count} digests without signature`,
      unsigned.samples,
      ({ source, digest }) => `${source}@${digest}`,
    ),
    ...caughtUp.map(
      ({ host, repositories, since }) =>
        `${host} has caught up in ${repositories} repositories, after being behind since ${isoTime(since)}.`,
    ),
    oldest === undefined ? '' : `Compared longest ago: ${oldest.mirror}, ${isoTime(oldest.checkedAt)}.`,
    oldestRead === undefined ? '' : readingLine(oldestRead),
  ];
  return parts
    .filter((part) => part !== '')
    .join('\n\n')
    .slice(0, LONGEST_DETAILS);
}

function readingLine({ mirror, finishedAt, whole }: OldestReading): string {
  const what = whole ? 'Read back longest ago' : 'Not read back as a whole since it was first met';
  return `${what}: ${mirror}, ${isoTime(finishedAt)}.`;
}

function progressOf({ sources, startedAt, endedAt }: ReplicationReport, now: number): string {
  const elapsed = (endedAt ?? now) - startedAt;
  const counted = `${sources.done}/${sources.total} source repositories after ${seconds(elapsed)}`;
  if (endedAt !== undefined || sources.done === 0 || sources.done === sources.total) return `**${counted}**`;
  return `**${counted}, about ${seconds((elapsed / sources.done) * (sources.total - sources.done))} to go**`;
}

function section<T>(title: string, samples: readonly T[], line: (sample: T) => string): string {
  if (samples.length === 0) return '';
  return [`**${title}**`, ...samples.slice(0, 5).map((sample) => `- ${cell(line(sample), 300)}`)].join('\n');
}

function seconds(ms: number): string {
  return ms < 90_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}

function isoTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
