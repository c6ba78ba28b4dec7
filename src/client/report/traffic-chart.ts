import { shorten } from '../text-table.ts';
import { html, type Html } from './html.ts';
import { CHART, drawTicks, rounded, type TimeAxis } from './time-axis.ts';
import type { HostTraffic, RunTraffic } from './traffic.ts';

/** Hosts that are drawn; the table below the chart has more. */
export const HOSTS_DRAWN = 12;

const ROW = 56;
const TOP = 22;
const NAME_LENGTH = 27;

/** The requests to each host over time, one strip for each, with those that were answered 429 in another colour. */
export function drawTraffic({ startedAt, columnMs, hosts }: RunTraffic, axis: TimeAxis): Html {
  const drawn = hosts.slice(0, HOSTS_DRAWN);
  const height = TOP + ROW * drawn.length;
  return html`<svg
    class="chart"
    viewBox="0 0 ${CHART.width} ${height + 4}"
    role="img"
    aria-label="Requests to each host over time"
  >
    ${drawTicks(axis, height)}
    ${drawn.map((host, at) => drawHost(host, { top: TOP + at * ROW, startedAt, columnMs }, axis))}
  </svg>`;
}

function drawHost(
  { host, requests, throttled, peak, columns }: HostTraffic,
  { top, startedAt, columnMs }: { readonly top: number; readonly startedAt: number; readonly columnMs: number },
  axis: TimeAxis,
): Html {
  const most = Math.max(1, ...columns.map((column) => column.requests));
  const floor = top + ROW - 8;
  const room = ROW - 18;
  const place = (count: number): number => rounded((room * count) / most);
  const bars = columns.flatMap((column, at) => {
    if (column.requests === 0) return [];
    const x = axis.x(startedAt + at * columnMs);
    const width = Math.max(1, rounded(axis.x(startedAt + (at + 1) * columnMs) - x - 0.5));
    const high = Math.max(1, place(column.requests));
    const low = column.throttled === 0 ? 0 : Math.max(2, place(column.throttled));
    const said = `${rate(column.requests, columnMs)} requests/s${column.throttled === 0 ? '' : `, ${Math.round(column.throttled)} answered 429`}`;
    return [
      html`<rect class="requests" x="${x}" y="${rounded(floor - high)}" width="${width}" height="${high}"
        ><title>${said}</title></rect
      >`,
      ...(low === 0
        ? []
        : [
            html`<rect class="throttled" x="${x}" y="${rounded(floor - low)}" width="${width}" height="${low}"
              ><title>${said}</title></rect
            >`,
          ]),
    ];
  });
  const refused = throttled === 0 ? '' : `, ${throttled.toLocaleString('en')} × 429`;
  return html`<text class="name" x="0" y="${top + 24}">${shorten(host, NAME_LENGTH)}<title>${host}</title></text
    ><text class="value" x="0" y="${top + 40}">${requests.toLocaleString('en')}${refused}</text>
    <line class="floor" x1="${CHART.names}" x2="${CHART.width - CHART.right}" y1="${floor}" y2="${floor}" />${bars}
    <text class="value" x="${CHART.width - CHART.right + 6}" y="${floor - room + 10}">${rounded(peak)}/s</text> `;
}

function rate(count: number, columnMs: number): string {
  return ((count * 1000) / columnMs).toFixed(1);
}
