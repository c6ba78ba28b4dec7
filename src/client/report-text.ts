import type { PromotionReport, QuarantinedEdge, VerdictCounts } from '../workflows/messages.ts';
import { claimText } from '../workflows/claim-text.ts';
import { plannedEdges } from '../workflows/worklist.ts';
import { counted, formatBytes, formatDuration } from './units.ts';

/** Verdicts in the order in which people read them, in words. */
export const VERDICTS: readonly (readonly [keyof VerdictCounts, string])[] = [
  ['promote', 'to promote'],
  ['tag-missing', 'to tag'],
  ['done', 'already there'],
  ['tag-move', 'would move a tag'],
  ['lost', 'lost at the source'],
  ['overlap', 'contradicting each other'],
  ['unreadable', 'with a destination that could not be read'],
];

/** What a run found and did, a line for each kind of thing. */
export function renderReport(report: PromotionReport): string {
  return [
    ...commitLines(report),
    planLine(report),
    ...addedLines(report),
    ...verifiedLines(report),
    ...resultLines(report),
    ...signatureLines(report),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** The rows of the phases, for people who look in on a run. */
export function renderPhases(report: Pick<PromotionReport, 'phases'>, now: number): string {
  const name = Math.max(...report.phases.map((row) => row.name.length));
  return report.phases
    .map((row) => {
      const time = row.startedAt === undefined ? '' : formatDuration((row.endedAt ?? now) - row.startedAt);
      const shards = row.shards === undefined ? '' : `${row.shards.done}/${row.shards.total}`;
      return `  ${row.name.padEnd(name)}  ${row.state.padEnd(7)}  ${time.padEnd(10)}  ${shards.padEnd(9)}  ${row.note ?? ''}`.trimEnd();
    })
    .map((line) => `${line}\n`)
    .join('');
}

/** The edges that were kept back, each with its reason. */
export function renderQuarantine(edges: readonly QuarantinedEdge[], total: number): string {
  if (total === 0) return '';
  const lines = edges.map(
    ({ destination, tag, digest, reason, message }) =>
      `  ${tag === undefined ? `${destination}@${digest}` : `${destination}:${tag}`}\n    ${reason}: ${message}`,
  );
  const more = total - edges.length;
  const rest = more > 0 ? [`  … and ${more.toLocaleString('en')} more (--json prints all)`] : [];
  return [`Quarantined ${counted(total, 'edge')}:`, ...lines, ...rest].map((line) => `${line}\n`).join('');
}

function commitLines({ commit }: PromotionReport): readonly string[] {
  return commit === undefined ? [] : [`Manifests: commit ${commit}.`];
}

function planLine({ plan, manifests }: PromotionReport): string {
  if (plan === undefined) return manifests === undefined ? 'No plan was made.' : counted(manifests.edges, 'edge');
  const verdicts = VERDICTS.filter(([verdict]) => (plan.verdicts[verdict] ?? 0) > 0);
  const counts = verdicts.map(([verdict, text]) => `${(plan.verdicts[verdict] ?? 0).toLocaleString('en')} ${text}`);
  const total = Object.values(plan.verdicts).reduce((sum, count) => sum + count, 0);
  return counts.length === 0 ? 'Plan: no edges.' : `Plan: ${counted(total, 'edge')}: ${counts.join(', ')}.`;
}

function addedLines({ added }: PromotionReport): readonly string[] {
  return (added?.destinations ?? []).map((one) => {
    return `Added: ${one.destination}: ${counted(one.plan.edges, 'edge')} to promote${claimText(one)}.`;
  });
}

function resultLines(report: PromotionReport): readonly string[] {
  const { outcome, copied } = report;
  if (outcome === 'dry-run')
    return ['Dry run complete, exiting before promotion: nothing was written. Give --confirm to promote.'];
  if (copied.edges === 0 && copied.present === 0)
    return report.plan !== undefined && plannedEdges(report) === 0 ? ['Nothing to promote.'] : [];
  const found = copied.present === 0 ? '' : `, ${copied.present.toLocaleString('en')} found there`;
  const mounted = copied.mounted === 0 ? '' : ` and ${copied.mounted.toLocaleString('en')} mounted`;
  const traffic = `${counted(copied.manifests, 'manifest')}, ${counted(copied.blobs, 'blob')} uploaded${mounted}, ${formatBytes(copied.bytes)}`;
  return [`Promoted ${counted(copied.edges, 'edge')}${found}: ${traffic}.`];
}

function verifiedLines({ verified }: PromotionReport): readonly string[] {
  const entries = [
    ['Provenance', verified?.provenance],
    ['Staging signatures', verified?.validate],
  ] as const;
  return entries.flatMap(([what, counts]) => {
    if (counts === undefined || counts.checked === 0) return [];
    const refused = counts.quarantined === 0 ? '' : `, ${counts.quarantined.toLocaleString('en')} refused`;
    return [`${what}: ${counted(counts.checked, 'digest')} checked${refused}.`];
  });
}

function signatureLines({ signatures }: PromotionReport): readonly string[] {
  if (signatures === undefined) return [];
  const { signed, attested, valid, handed, failed } = signatures;
  const parts = [
    `signed ${counted(signed, 'image')}`,
    `attested ${attested.toLocaleString('en')}`,
    ...(valid === 0 ? [] : [`${valid.toLocaleString('en')} were already`]),
    `signatures given to ${counted(handed, 'destination')}`,
    ...(failed === 0 ? [] : [`${failed.toLocaleString('en')} could not be given theirs`]),
  ];
  return [`Signatures: ${parts.join(', ')}.`];
}
