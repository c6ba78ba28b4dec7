import { APPROVAL_WANTED } from './steering-report.ts';
import { claimText } from './claim-text.ts';
import { cell } from './plain-text.ts';
import type { PhaseRow, PromotionReport } from './messages.ts';
import { worklistOf } from './worklist.ts';

/** The UI passes details in a URL, so they have to stay short. */
const LONGEST_DETAILS = 3_500;
const LONGEST_TEXT = 400;

const MARKS: Readonly<Record<PhaseRow['state'], string>> = {
  pending: '·',
  waiting: '◷',
  running: '▶',
  held: '!',
  done: '✓',
  skipped: '↷',
  failed: '✗',
};

/** What the UI shows of a run as its current details: a table of phases, the edges, and why it is held. Markdown. */
export function renderDetails(report: PromotionReport, now: number): string {
  const parts = [
    renderPause(report),
    renderHold(report),
    renderApproval(report),
    renderFreeze(report),
    renderPhases(report.phases, now),
    renderEdges(report),
    renderAdded(report),
    renderThrottled(report),
    renderWithheld(report),
    renderQuarantine(report),
  ];
  return parts
    .filter((part) => part !== '')
    .join('\n\n')
    .slice(0, LONGEST_DETAILS);
}

/** Why a run is held, and what to send it; nothing when it is not. */
export function renderHold({ hold }: Pick<PromotionReport, 'hold'>): string {
  if (hold === undefined) return '';
  return [
    `**HELD: ${hold.phase} failed.** ${plain(hold.reason)}`,
    'Mend the cause, then *Send an Update*: `retryPhase` to try again, `skipPhase` to go on without it (sign and attest only), `abortPromotion` to end the run.',
  ].join('\n\n');
}

function renderPause({ pause }: PromotionReport): string {
  if (pause === undefined) return '';
  return `**PAUSED** since ${timeOf(pause.since)}${plain(claimText(pause))}\n\nNothing is read or written. *Send an Update*: \`resumePromotion\` to go on, \`abortPromotion\` to end the run.`;
}

function renderApproval(report: PromotionReport): string {
  const { approval } = report;
  if (approval === undefined) return '';
  if (approval.given !== undefined) {
    const { by, proof, reason } = approval.given;
    return `Approved by ${plain(by)} (${plain(proof)})${reason === undefined ? '' : `: ${plain(reason)}`}`;
  }
  const head = `**WAITING FOR APPROVAL** since ${timeOf(approval.since)} of the plan ${worklistOf(report)?.digest}`;
  if (approval.rule === 'required') {
    return `${head}\n\n*Send an Update*: \`approve\` with \`{"by": "your name"}\`, or \`abortPromotion\`.`;
  }
  return `${head}: ${APPROVAL_WANTED[approval.rule]}. ${plain(approval.missing ?? 'It is being looked for')}.`;
}

function renderFreeze({ freeze, freezeOverride }: PromotionReport): string {
  if (freezeOverride !== undefined) return `Freezes are overridden${plain(claimText(freezeOverride))}`;
  if (freeze === undefined) return '';
  const why = freeze.reason === undefined ? '' : `: ${plain(freeze.reason)}`;
  return `**FROZEN** until ${timeOf(freeze.until)}${why}\n\nIt goes on by itself then. *Send an Update*: \`overrideFreeze\` with \`{"reason": "…"}\` to promote now.`;
}

/** Phases as a table. */
export function renderPhases(rows: readonly PhaseRow[], now: number): string {
  const lines = rows.map((row) => {
    const shards = row.shards === undefined ? '' : `${row.shards.done}/${row.shards.total}`;
    const note = row.state === 'held' ? 'see above' : plain(row.note ?? '');
    return `| ${MARKS[row.state]} ${row.name} | ${row.state} | ${duration(row, now)} | ${shards} | ${remaining(row, now)} | ${note} |`;
  });
  return ['| phase | state | time | shards | left | |', '|---|---|---|---|---|---|', ...lines].join('\n');
}

/** How long the rest of a phase takes at the pace so far. */
function remaining({ state, startedAt, shards }: PhaseRow, now: number): string {
  if (state !== 'running' || startedAt === undefined || shards === undefined) return '';
  const { done, total } = shards;
  return done === 0 || done >= total ? '' : `about ${seconds(((now - startedAt) / done) * (total - done))}`;
}

function renderThrottled({ throttled }: PromotionReport): string {
  if (throttled === undefined) return '';
  const hosts = Object.entries(throttled).map(
    ([host, { answers, at }]) => `${plain(host)} (429 ${answers} times, last heard of at ${timeOf(at)})`,
  );
  return `Slowed down by: ${hosts.join(', ')}. \`setBudget\` limits what a host is asked.`;
}

function renderEdges({ plan, copied }: PromotionReport): string {
  if (plan === undefined) return '';
  const verdicts = Object.entries(plan.verdicts).map(([verdict, count]) => `${count} ${verdict}`);
  const moved = `${copied.edges} edges copied, ${copied.present} found there; ${copied.blobs} blobs uploaded, ${copied.mounted} mounted, ${megabytes(copied.bytes)} MB`;
  return `Edges: ${verdicts.join(', ') || 'none'}. ${moved}.`;
}

function renderAdded({ added }: PromotionReport): string {
  if (added === undefined) return '';
  const rows = added.destinations.map((one) => {
    return `- ${plain(`${one.destination} (${one.plan.edges} edges)${claimText(one)}`)}`;
  });
  return ['**Added by operators**', ...rows].join('\n');
}

function renderWithheld({ withheld }: PromotionReport): string {
  if (withheld === undefined) return '';
  const { orders } = withheld;
  const shown = orders.slice(0, 5).map((order) => `- ${plain(`${order.edge}${claimText(order)}`)}`);
  const more = orders.length > shown.length ? [`- and ${orders.length - shown.length} more`] : [];
  return ['**Kept back by operators** (`releaseEdge` gives free)', ...shown, ...more].join('\n');
}

function renderQuarantine({ quarantine }: PromotionReport): string {
  if (quarantine.edges === 0) return '';
  const samples = quarantine.samples.slice(0, 5).map(({ message }) => `- ${plain(message)}`);
  return [`**${quarantine.edges} edges quarantined**`, ...samples].join('\n');
}

function duration({ startedAt, endedAt }: PhaseRow, now: number): string {
  return startedAt === undefined ? '' : seconds(Math.max(0, (endedAt ?? now) - startedAt));
}

function seconds(milliseconds: number): string {
  const whole = Math.round(milliseconds / 1000);
  if (whole < 60) return `${(milliseconds / 1000).toFixed(1)} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function timeOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}

function plain(text: string): string {
  return cell(text, LONGEST_TEXT);
}
