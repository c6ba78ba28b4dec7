import { stripVTControlCharacters, styleText } from 'node:util';
import cliTruncate from 'cli-truncate';
import type { PhaseRow, PhaseState, PromotionReport } from '../workflows/messages.ts';
import { phaseShare, ratesText, type PhaseShare } from './phase-share.ts';
import type { RunPulse } from './run-pulse.ts';
import { setbackLine, type Setback } from './run-setbacks.ts';
import { standstillsOf } from './standstill.ts';
import { formatDuration } from './units.ts';

type Colour = 'green' | 'yellow' | 'red' | 'cyan' | 'dim';

/** What is drawn of a run. */
export interface Picture {
  readonly report: PromotionReport;
  readonly setbacks: readonly Setback[];
  readonly pulse: RunPulse;
  /** What went wrong last, while nothing is being tried again. */
  readonly lastProblem?: string;
}

/** The terminal that it is drawn on. */
export interface Canvas {
  readonly columns: number;
  readonly colours: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const MARKS: Readonly<Record<PhaseState, readonly [string, Colour]>> = {
  pending: ['·', 'dim'],
  waiting: ['◷', 'yellow'],
  running: ['▶', 'cyan'],
  held: ['‖', 'yellow'],
  done: ['✓', 'green'],
  skipped: ['↷', 'yellow'],
  failed: ['✗', 'red'],
};

const BAR = 20;
const SETBACKS_SHOWN = 3;

/** What a terminal shows of a run: a line for each phase, how fast hosts are asked, and what is being tried again. */
export function drawRun({ report, setbacks, pulse, lastProblem }: Picture, canvas: Canvas): readonly string[] {
  const width = Math.max(...report.phases.map(({ name }) => name.length));
  const phases = report.phases.map((row) => {
    const [mark, colour] = MARKS[row.state];
    const share = phaseShare(row, report, pulse);
    return fit(`${row.name.padEnd(width)}  ${phaseText(row, share, canvas.now)}`.trimEnd(), canvas, mark, colour);
  });
  const still = standstillsOf(report).map(({ why }) => fit(why, canvas, '‖', 'yellow'));
  const again = setbacks.slice(0, SETBACKS_SHOWN).map((setback) => fit(setbackLine(setback), canvas, '!', 'yellow'));
  const last =
    again.length === 0 && lastProblem !== undefined ? [fit(`last problem: ${lastProblem}`, canvas, ' ', 'dim')] : [];
  // As many hosts as there is room for, the busiest first.
  const rates = pulse.rates.length === 0 ? [] : [fit(`requests/s  ${ratesText(pulse)}`, canvas, ' ', 'dim')];
  return [...phases, ...still, ...rates, ...again, ...last];
}

/** One line of a terminal: whatever is in the text, it takes a single one, and does nothing but be shown. */
function fit(text: string, { columns, colours }: Canvas, mark: string, colour: Colour): string {
  const plain = stripVTControlCharacters(text)
    .replaceAll(/\s+\n\s*|\n\s*/g, ' ')
    .replaceAll(/\p{Cc}/gu, '');
  // A line as long as the terminal is wide would wrap, and the next picture would be drawn in the wrong place.
  const cut = cliTruncate(plain, Math.max(1, columns - 3));
  return `${colours ? styleText(colour, mark, { validateStream: false }) : mark} ${cut}`;
}

function phaseText({ state, startedAt, endedAt, note }: PhaseRow, share: PhaseShare | undefined, now: number): string {
  if (startedAt === undefined) return '';
  const elapsed = (endedAt ?? now) - startedAt;
  const parts = [formatDuration(elapsed)];
  if (state === 'running' && share !== undefined) parts.push(bar(share), remaining(share, elapsed));
  if (note !== undefined) parts.push(note);
  return parts.filter((part) => part !== '').join('  ');
}

function bar({ done, total }: PhaseShare): string {
  const full = total === 0 ? BAR : Math.round((BAR * done) / total);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${done}/${total}`;
}

function remaining({ done, total }: PhaseShare, elapsed: number): string {
  return done === 0 || done === total ? '' : `ETA ${formatDuration((elapsed / done) * (total - done))}`;
}
