import type { PhaseRow } from '../../workflows/messages.ts';
import { quoted } from '../quoted.ts';
import { remedyOf } from '../quarantine-remedies.ts';
import { renderReport } from '../report-text.ts';
import { counted, formatDuration } from '../units.ts';
import type { RunFacts } from './facts.ts';
import { webAddress } from './html.ts';

const EDGES_SHOWN = 50;
const HOSTS_SHOWN = 30;
const SIGNATURES_SHOWN = 50;

type Row = readonly string[];

/** A report in Markdown, short enough for a comment on a pull request or an issue. */
export function renderMarkdown(facts: RunFacts): string {
  const { status, span, request, ui } = facts;
  const { workflowId, runId, state, phase, report, failure } = status;
  const commit = request?.commit ?? report?.commit;
  const about = [
    `- run: ${linked(runId, ui)}`,
    ...(commit === undefined ? [] : [`- commit: ${code(commit)}`]),
    `- started: ${status.startedAt}, took ${formatDuration(span.endedAt - span.startedAt)}${status.endedAt === undefined ? ' so far' : ''}`,
    ...(failure === undefined ? [] : [`- failure: ${code(failure)}`]),
    ...(report?.hold === undefined ? [] : [`- held: ${code(report.hold.reason)}`]),
  ];
  const parts = [
    `### ${code(workflowId)}: ${state}${phase === undefined ? '' : ` in ${phase}`}`,
    about.join('\n'),
    ...(report === undefined
      ? []
      : [renderReport(report).trimEnd().replaceAll('\n', '  \n'), phaseTable(report.phases)]),
    ...section('Requests', hostRows(facts)),
    ...section('Quarantined edges', quarantineRows(facts)),
    ...section('Signatures and attestations', signatureRows(facts)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function phaseTable(phases: readonly PhaseRow[]): string {
  const rows = phases.map(({ name, state, startedAt, endedAt, note }) => [
    name,
    state,
    startedAt === undefined || endedAt === undefined ? '' : formatDuration(endedAt - startedAt),
    note === undefined ? '' : code(note),
  ]);
  return table(['Phase', 'State', 'Took', ''], rows);
}

function hostRows({ traffic }: RunFacts): readonly string[] {
  if (traffic.hosts.length === 0) return [];
  const rows = traffic.hosts
    .slice(0, HOSTS_SHOWN)
    .map(({ host, requests, throttled, peak }) => [code(host), String(requests), String(throttled), peak.toFixed(1)]);
  return [
    table(['Host', 'Requests', 'Answered 429', 'Most in a second'], rows),
    ...moreThan(traffic.hosts, HOSTS_SHOWN, 'host'),
  ];
}

function quarantineRows({ quarantine, status }: RunFacts): readonly string[] {
  if (quarantine.length === 0) return [];
  const reasons = [...Map.groupBy(quarantine, ({ reason }) => reason)].map(
    ([reason, edges]) => `- ${counted(edges.length, 'edge')}: ${code(reason)}. ${remedyOf(reason)}`,
  );
  const edges = quarantine
    .slice(0, EDGES_SHOWN)
    .map(({ destination, tag, digest, reason, message }) => [
      code(tag === undefined ? `${destination}@${digest}` : `${destination}:${tag}`),
      code(reason),
      code(message),
    ]);
  return [
    reasons.join('\n'),
    `When that is mended: ${code(`promoter retry '${status.workflowId}'`)}`,
    table(['Edge', 'Reason', 'Message'], edges),
    ...moreThan(quarantine, EDGES_SHOWN, 'edge'),
  ];
}

function signatureRows({ signatures }: RunFacts): readonly string[] {
  if (signatures.length === 0) return [];
  const rows = signatures
    .slice(0, SIGNATURES_SHOWN)
    .map(({ identity, digest, kind, log }) => [
      code(`${identity}@${digest}`),
      kind,
      log.map(({ logIndex, address }) => linked(logIndex, address)).join(', '),
    ]);
  return [table(['Image', 'Kind', 'Log entries'], rows), ...moreThan(signatures, SIGNATURES_SHOWN, 'signature')];
}

function section(title: string, parts: readonly string[]): readonly string[] {
  return parts.length === 0 ? [] : [`#### ${title}`, ...parts];
}

function moreThan(items: readonly unknown[], shown: number, noun: string): readonly string[] {
  return items.length > shown ? [`… and ${counted(items.length - shown, `more ${noun}`)} (\`--json\` prints all)`] : [];
}

function table(header: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

function linked(text: string, address: string | undefined): string {
  const link = webAddress(address);
  return link === undefined
    ? code(text)
    : `[${code(text)}](<${new URL(link).href.replaceAll(/[|`]/g, encodeURIComponent)}>)`;
}

// A bar ends a cell of a table even inside of code.
function code(text: string): string {
  return quoted(text, true).replaceAll('|', '\\|');
}
