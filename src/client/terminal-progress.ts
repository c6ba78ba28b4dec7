import { styleText } from 'node:util';
import type { PhaseRow, PhaseState, PromotionReport } from '../workflows/messages.ts';
import type { OutputStream } from './output.ts';
import type { Progress } from './progress.ts';
import { setbackLine, type Setback } from './run-setbacks.ts';
import { cut } from './text-table.ts';
import { formatDuration } from './units.ts';

type Colour = 'green' | 'yellow' | 'red' | 'cyan' | 'dim';

const MARKS: Readonly<Record<PhaseState, readonly [string, Colour]>> = {
  pending: ['·', 'dim'],
  waiting: ['◷', 'yellow'],
  running: ['▶', 'cyan'],
  held: ['‖', 'yellow'],
  done: ['✓', 'green'],
  skipped: ['↷', 'yellow'],
  failed: ['✗', 'red'],
};

const REDRAW_MS = 250;
const BAR = 20;
const SETBACKS_SHOWN = 3;
const DEFAULT_COLUMNS = 80;

/** Draws the phases on a terminal, over and over in the same place; notes scroll away above them. */
export function showOnTerminal(stream: OutputStream, colours = !process.env['NO_COLOR']): Progress {
  let drawn = 0;
  let latest: { report: PromotionReport; setbacks: readonly Setback[] } | undefined;
  const erase = (): void => {
    if (drawn > 0) stream.write(`\u001B[${drawn}A\u001B[J`);
    drawn = 0;
  };
  const draw = (): void => {
    if (latest === undefined) return;
    const lines = drawPhases(latest.report, latest.setbacks, {
      columns: stream.columns ?? DEFAULT_COLUMNS,
      colours,
      now: Date.now(),
    });
    erase();
    stream.write(lines.map((line) => `${line}\n`).join(''));
    drawn = lines.length;
  };
  const timer = setInterval(draw, REDRAW_MS);
  timer.unref();
  return {
    show(report, setbacks) {
      latest = { report, setbacks };
      draw();
    },
    note(text) {
      erase();
      stream.write(`${text}\n`);
      draw();
    },
    close: () => clearInterval(timer),
  };
}

/** What a terminal shows of a run: a line for each phase, and what is being tried again below them. */
export function drawPhases(
  report: PromotionReport,
  setbacks: readonly Setback[],
  { columns, colours, now }: { readonly columns: number; readonly colours: boolean; readonly now: number },
): readonly string[] {
  const width = Math.max(...report.phases.map(({ name }) => name.length));
  // A line as long as the terminal is wide would wrap, and the next picture would be drawn in the wrong place.
  const room = columns - 1;
  const phases = report.phases.map((row) => {
    const [mark, colour] = MARKS[row.state];
    const text = cut(`${row.name.padEnd(width)}  ${phaseText(row, now)}`.trimEnd(), room - 2);
    return `${paint(mark, colour, colours)} ${text}`;
  });
  const again = setbacks
    .slice(0, SETBACKS_SHOWN)
    .map((setback) => paint(cut(`  ${setbackLine(setback).replaceAll('\n', ' ')}`, room), 'yellow', colours));
  return [...phases, ...again];
}

function phaseText({ state, startedAt, endedAt, shards, note }: PhaseRow, now: number): string {
  if (startedAt === undefined) return '';
  const elapsed = (endedAt ?? now) - startedAt;
  const parts = [formatDuration(elapsed)];
  if (state === 'running' && shards !== undefined) parts.push(bar(shards), remaining(shards, elapsed));
  if (note !== undefined) parts.push(note.replaceAll('\n', ' '));
  return parts.filter((part) => part !== '').join('  ');
}

function bar({ done, total }: { done: number; total: number }): string {
  const full = total === 0 ? BAR : Math.round((BAR * done) / total);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${done}/${total}`;
}

function remaining({ done, total }: { done: number; total: number }, elapsed: number): string {
  return done === 0 || done === total ? '' : `ETA ${formatDuration((elapsed / done) * (total - done))}`;
}

function paint(text: string, colour: Colour, colours: boolean): string {
  return colours ? styleText(colour, text, { validateStream: false }) : text;
}
