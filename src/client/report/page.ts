import type { PlanReference, PromotionReport } from '../../workflows/messages.ts';
import { renderReport, VERDICTS } from '../report-text.ts';
import { counted, formatDuration } from '../units.ts';
import type { RunFacts } from './facts.ts';
import { html, linked, type Html } from './html.ts';
import { PAGE_STYLE } from './page-style.ts';
import { destinationTable, edgeTable, quarantineTables, signatureTable, trafficTable } from './tables.ts';
import { timeAxis, type TimeAxis } from './time-axis.ts';
import { drawTimeline } from './timeline.ts';
import { drawTraffic, HOSTS_DRAWN } from './traffic-chart.ts';

/** Should something get past the escaping after all, the browser runs and fetches nothing. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** A report as one HTML page that needs nothing else: no script, no other file, no network. */
export function renderPage(facts: RunFacts): string {
  const { status, quarantine, signatures, plan } = facts;
  const { report } = status;
  const axis = timeAxis(facts.span);
  const sections = [
    ...(report === undefined
      ? []
      : [section('Phases', html`${scroll(drawTimeline(report.phases, axis))}${phaseNotes(report)}`)]),
    section('Requests', facts.traffic.hosts.length === 0 ? undefined : traffic(facts, axis)),
    section('Quarantined edges', quarantine.length === 0 ? undefined : quarantineTables(facts)),
    section(
      'Plan',
      report?.plan === undefined ? undefined : html`${verdictTiles(report.plan)}${destinationTable(facts)}`,
    ),
    section('Signatures and attestations', signatures.length === 0 ? undefined : signatureTable(facts)),
    ...(report === undefined || report.warnings.length === 0 ? [] : [section('Warnings', warnings(report))]),
    ...(plan.rows.length === 0 ? [] : [section('Edges of the plan', edgeTable(facts))]),
  ];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <title>${status.state}: ${status.workflowId}</title>
        <style>
          ${{ html: PAGE_STYLE }}
        </style>
      </head>
      <body>
        ${header(facts)} ${sections}
        <footer>Written ${new Date(facts.readAt).toISOString()} by <code>promoter report</code>.</footer>
      </body>
    </html> `.html;
}

function section(title: string, content: Html | undefined): Html {
  return html`<h2>${title}</h2>
    ${content ?? html`<p class="quiet">None.</p>`}`;
}

function scroll(content: Html): Html {
  return html`<div class="scroll">${content}</div>`;
}

function traffic(facts: RunFacts, axis: TimeAxis): Html {
  const { hosts } = facts.traffic;
  const cut = hosts.length > HOSTS_DRAWN ? ` The ${HOSTS_DRAWN} busiest of ${hosts.length} hosts are drawn.` : '';
  return html`<p class="quiet">
      <i class="key requests"></i>requests <i class="key throttled"></i>answered 429: too many requests.${cut}
    </p>
    ${scroll(drawTraffic(facts.traffic, axis))}${trafficTable(facts)}`;
}

function header({ status, span, request, ui }: RunFacts): Html {
  const { workflowId, runId, state, phase, destinations, startedAt, endedAt, report, failure } = status;
  const facts: readonly (readonly [string, Html | string | undefined])[] = [
    ['Run', runId],
    ['Commit', request?.commit ?? report?.commit],
    ['Manifests', request?.manifests],
    ['Destinations', destinations.join(', ')],
    ['Started', startedAt],
    ['Ended', endedAt],
    ['Took', formatDuration(span.endedAt - span.startedAt)],
    ['Temporal', ui === undefined ? undefined : linked(ui, ui)],
  ];
  const hold = report?.hold;
  return html`<h1>${workflowId}</h1>
    <p><span class="state ${state}">${state}</span>${phase === undefined ? '' : ` in ${phase}`}</p>
    <dl class="facts">
      ${facts.map(([name, value]) =>
        value === undefined || value === ''
          ? html``
          : html`<dt>${name}</dt>
              <dd>${value}</dd>`,
      )}
    </dl>
    ${failure === undefined ? html`` : html`<pre>${failure}</pre>`}
    ${
      hold === undefined
        ? html``
        : html`<p>Held: ${hold.reason}</p>
            <p>Go on with: <code>promoter retry '${workflowId}'</code></p>`
    }
    ${report === undefined ? html`` : html`<pre>${renderReport(report).trimEnd()}</pre>`}`;
}

function phaseNotes({ phases }: PromotionReport): Html {
  const noted = phases.filter(({ note }) => note !== undefined);
  return html`<dl class="facts">
    ${noted.map(
      ({ name, note }) =>
        html`<dt>${name}</dt>
          <dd>${note}</dd>`,
    )}
  </dl>`;
}

function verdictTiles({ verdicts, shards, digest }: PlanReference): Html {
  const tiles = VERDICTS.flatMap(([verdict, text]) => {
    const count = verdicts[verdict] ?? 0;
    return count === 0 ? [] : [html`<li><b>${count.toLocaleString('en')}</b>${text}</li>`];
  });
  return html`<ul class="tiles">
      ${tiles}
    </ul>
    <p class="quiet">${counted(shards, 'shard')}, plan <code>${digest}</code></p>`;
}

function warnings(report: PromotionReport): Html {
  return html`<ul>
    ${report.warnings.map((warning) => html`<li>${warning}</li>`)}
  </ul>`;
}
