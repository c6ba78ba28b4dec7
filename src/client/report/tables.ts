import { formatReference, type RepositoryName, type Tag } from '../../reference.ts';
import type { QuarantinedEdge } from '../../workflows/messages.ts';
import { shortDigest, type PlanRow } from '../plan-rows.ts';
import { remedyOf } from '../quarantine-remedies.ts';
import type { LoggedSignature, RunFacts } from './facts.ts';
import { html, linked, type Html, type HtmlValue } from './html.ts';

/** Rows of a table on the page; a report of 40,000 edges is still a page that a browser likes. */
export const ROWS_SHOWN = 200;

interface Column<T> {
  readonly title: string;
  readonly kind?: 'number' | 'mono';
  readonly cell: (item: T) => HtmlValue;
}

/** How many edges go to each host. */
export function destinationTable({ plan }: RunFacts): Html {
  return table(plan.hosts, [
    { title: 'Destination', cell: ({ host }) => host },
    { title: 'To promote', kind: 'number', cell: ({ promote }) => promote.toLocaleString('en') },
    { title: 'To tag', kind: 'number', cell: ({ tag }) => tag.toLocaleString('en') },
  ]);
}

/** The first edges with something to do. */
export function edgeTable({ plan }: RunFacts): Html {
  return table<PlanRow>(
    plan.rows,
    [
      { title: 'Source', cell: ({ source }) => source },
      { title: 'Digest', kind: 'mono', cell: ({ digest }) => shortDigest(digest) },
      { title: 'Destination', cell: ({ destination, tag }) => endpoint(destination, tag) },
      { title: 'Verdict', cell: ({ verdict }) => verdict },
    ],
    plan.edges,
  );
}

/** Edges that were kept back, how many for each reason, and the first of them with what to do. */
export function quarantineTables({ quarantine, status }: RunFacts): Html {
  const reasons = [...Map.groupBy(quarantine, ({ phase, reason }) => `${phase} ${reason}`).values()]
    .map((edges) => ({ edges: edges.length, ...edges[0] }))
    .sort((a, b) => b.edges - a.edges);
  const counts = table(reasons, [
    { title: 'Reason', cell: ({ reason }) => reason },
    { title: 'Phase', cell: ({ phase }) => phase },
    { title: 'Edges', kind: 'number', cell: ({ edges }) => edges.toLocaleString('en') },
    { title: 'What to do', cell: ({ reason = '' }) => remedyOf(reason) },
  ]);
  const edges = table<QuarantinedEdge>(quarantine, [
    {
      title: 'Edge',
      cell: ({ destination, tag, digest }) => html`${endpoint(destination, tag)}<br /><code>${digest}</code>`,
    },
    { title: 'Reason', cell: ({ reason }) => reason },
    { title: 'Message', cell: ({ message }) => message },
  ]);
  return html`${counts}
    <p>When that is mended: <code>promoter retry '${status.workflowId}'</code></p>
    ${edges}`;
}

/** Signatures and attestations of promoted images, with links to their entries in the logs. */
export function signatureTable({ signatures }: RunFacts): Html {
  return table<LoggedSignature>(signatures, [
    { title: 'Image', cell: ({ identity, digest }) => html`${identity}<br /><code>${digest}</code>` },
    { title: 'Kind', cell: ({ kind, format }) => `${kind} (${format})` },
    { title: '', cell: ({ outcome }) => (outcome === 'written' ? 'made now' : 'was there') },
    {
      title: 'Log entries',
      cell: ({ log }) =>
        log.map((entry, at) => html`${at === 0 ? '' : ', '}${linked(`№ ${entry.logIndex}`, entry.address)}`),
    },
  ]);
}

/** Requests to each host in numbers. */
export function trafficTable({ traffic }: RunFacts): Html {
  return table(traffic.hosts, [
    { title: 'Host', cell: ({ host }) => host },
    { title: 'Requests', kind: 'number', cell: ({ requests }) => requests.toLocaleString('en') },
    { title: 'Answered 429', kind: 'number', cell: ({ throttled }) => throttled.toLocaleString('en') },
    { title: 'Most in a second', kind: 'number', cell: ({ peak }) => peak.toFixed(1) },
  ]);
}

function table<T>(items: readonly T[], columns: readonly Column<T>[], total = items.length): Html {
  if (items.length === 0) return html``;
  const shown = items.slice(0, ROWS_SHOWN);
  const more = total - shown.length;
  const head = columns.map(({ title, kind }) => html`<th class="${kind === 'number' ? kind : ''}">${title}</th>`);
  const rows = shown.map(
    (item) =>
      html`<tr>
        ${columns.map(({ kind = '', cell }) => html`<td class="${kind}">${cell(item)}</td>`)}
      </tr> `,
  );
  const rest =
    more > 0
      ? html`<p class="quiet">
          … and ${more.toLocaleString('en')} more: <code>promoter report --json</code> has all of them.
        </p>`
      : html``;
  return html`<div class="scroll">
      <table>
        <thead>
          <tr>
            ${head}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    ${rest}`;
}

function endpoint(destination: string, tag: string | undefined): string {
  return tag === undefined ? destination : formatReference(destination as RepositoryName, tag as Tag);
}
