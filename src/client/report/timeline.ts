import type { PhaseRow } from '../../workflows/messages.ts';
import { formatDuration } from '../units.ts';
import { html, type Html } from './html.ts';
import { CHART, drawTicks, rounded, type TimeAxis } from './time-axis.ts';

const ROW = 26;
const TOP = 22;
const NARROWEST = 2;

/** The phases of a run as bars over time, in its own order; what runs still goes on to the end of the axis. */
export function drawTimeline(phases: readonly PhaseRow[], axis: TimeAxis): Html {
  const height = TOP + ROW * phases.length;
  return html`<svg class="chart" viewBox="0 0 ${CHART.width} ${height + 4}" role="img" aria-label="Phases over time">
    ${drawTicks(axis, height)} ${phases.map((row, at) => drawPhase(row, TOP + at * ROW, axis))}
  </svg>`;
}

function drawPhase({ name, state, startedAt, endedAt }: PhaseRow, top: number, axis: TimeAxis): Html {
  const label = html`<text class="name" x="0" y="${top + 16}">${name}</text>`;
  if (startedAt === undefined) return html`${label}<text class="value" x="${CHART.names}" y="${top + 16}">–</text>`;
  const end = endedAt ?? axis.endedAt;
  const x = axis.x(startedAt);
  const width = Math.max(NARROWEST, rounded(axis.x(end) - x));
  const took = formatDuration(end - startedAt);
  return html`${label}<rect class="phase ${state}" x="${x}" y="${top + 3}" width="${width}" height="${ROW - 8}" rx="2"
      ><title>${name}: ${state}, ${took}</title></rect
    ><text class="value" x="${rounded(x + width + 5)}" y="${top + 16}">${took}</text> `;
}
