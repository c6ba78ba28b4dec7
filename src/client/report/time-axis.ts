import { html, type Html } from './html.ts';

/** Width of every chart, and of the names at its left, in units of its drawing. */
export const CHART = { width: 960, names: 190, right: 70 } as const;

/** Where times are drawn. */
export interface TimeAxis {
  readonly startedAt: number;
  readonly endedAt: number;
  /** The place of a time, in milliseconds since the epoch, from the left. */
  readonly x: (time: number) => number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const STEPS = [1, 2, 5, 10, 15, 30].flatMap((step) => [step * SECOND, step * MINUTE]);
const LONG_STEPS = [1, 2, 3, 6, 12, 24, 48, 96, 192].map((step) => step * HOUR);
const MOST_TICKS = 8;

/** An axis for a stretch of time, which may be empty. */
export function timeAxis({ startedAt, endedAt }: Pick<TimeAxis, 'startedAt' | 'endedAt'>): TimeAxis {
  const end = Math.max(endedAt, startedAt + SECOND);
  const room = CHART.width - CHART.names - CHART.right;
  return {
    startedAt,
    endedAt: end,
    x: (time) =>
      rounded(CHART.names + (room * (Math.min(end, Math.max(startedAt, time)) - startedAt)) / (end - startedAt)),
  };
}

/** Lines across a chart at round times since the beginning, with their names above. */
export function drawTicks({ startedAt, endedAt, x }: TimeAxis, height: number): readonly Html[] {
  const step = [...STEPS, ...LONG_STEPS].sort((a, b) => a - b).find((one) => (endedAt - startedAt) / one <= MOST_TICKS);
  const ticks: Html[] = [];
  for (let time = startedAt; time <= endedAt; time += step ?? endedAt - startedAt) {
    const at = x(time);
    ticks.push(
      html`<line class="grid" x1="${at}" x2="${at}" y1="16" y2="${height}" /><text class="tick" x="${at}" y="10"
          >${nameOf(time - startedAt)}</text
        >`,
    );
  }
  return ticks;
}

/** A number with one digit behind the point. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function nameOf(elapsed: number): string {
  if (elapsed < MINUTE) return `${elapsed / SECOND} s`;
  if (elapsed < HOUR) return elapsed % MINUTE === 0 ? `${elapsed / MINUTE} min` : `${elapsed / SECOND} s`;
  const minutes = (elapsed % HOUR) / MINUTE;
  return minutes === 0 ? `${elapsed / HOUR} h` : `${Math.floor(elapsed / HOUR)} h ${Math.round(minutes)} min`;
}
