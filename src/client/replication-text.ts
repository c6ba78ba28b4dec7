import type { OldestReading, ReplicationReport } from '../workflows/replication-messages.ts';
import { counted, formatDuration } from './units.ts';

/** What a replication found and did, a line for each kind of thing. */
export function renderReplicationReport(report: ReplicationReport): string {
  const { counts, residue, mended, unsigned, caughtUp, oldest, oldestRead } = report;
  const { sources, pairs, startedAt, endedAt, commit } = report;
  const took = formatDuration((endedAt ?? Date.now()) - startedAt);
  const lacking = [
    counted(counts.missing, 'missing tag'),
    `${counts.differing} different`,
    counted(counts.referrers, 'missing referrer'),
    `${counts.damaged} damaged`,
  ].join(', ');
  const done = report.outcome === 'dry-run' ? 'nothing written' : `${counts.written} written`;
  const lines = [
    ...(commit === undefined ? [] : [`manifests of commit ${commit}`]),
    `${counted(sources.total, 'source repository', 'source repositories')}, ${counted(pairs, 'mirror')}: ${counts.compared} compared, ${counted(counts.read, 'attachment')} read back in ${took}`,
    `${lacking}: ${done}`,
    ...mended.samples.map(
      ({ mirror, tags, referrers }) => `no longer as it was: ${mirror} ${[...tags, ...referrers].join(' ')}`,
    ),
    ...moreThan(mended.count, mended.samples.length),
    ...caughtUp.map(
      ({ host, repositories, since }) =>
        `${host} has caught up in ${counted(repositories, 'repository', 'repositories')}, after being behind since ${new Date(since).toISOString()}`,
    ),
    ...unsigned.samples.map(({ source, digest }) => `without signature: ${source}@${digest}`),
    ...moreThan(unsigned.count, unsigned.samples.length),
    ...residue.samples.map(({ source, mirror, message }) => `left undone: ${mirror ?? source}: ${message}`),
    ...moreThan(residue.count, residue.samples.length),
    ...(oldest === undefined
      ? []
      : [`compared longest ago: ${oldest.mirror}, ${new Date(oldest.checkedAt).toISOString()}`]),
    ...(oldestRead === undefined ? [] : [readingLine(oldestRead)]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function readingLine({ mirror, finishedAt, whole }: OldestReading): string {
  const what = whole ? 'read back longest ago' : 'not read back as a whole since it was first met';
  return `${what}: ${mirror}, ${new Date(finishedAt).toISOString()}`;
}

function moreThan(count: number, shown: number): readonly string[] {
  return count > shown ? [`… and ${count - shown} more`] : [];
}
