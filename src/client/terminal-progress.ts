import stringWidth from 'string-width';
import type { OutputStream } from './output.ts';
import type { Progress } from './progress.ts';
import { setbackLine } from './run-setbacks.ts';
import { drawRun, type Picture } from './terminal-drawing.ts';

const REDRAW_MS = 250;
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/** Draws the phases on a terminal, over and over in the same place; notes scroll away above them. */
export function showOnTerminal(stream: OutputStream, colours = !process.env['NO_COLOR']): Progress {
  let drawn: readonly string[] = [];
  let picture: Picture | undefined;

  /** Takes back what was drawn, which is higher by now if the terminal has become narrower. */
  function eraser(): string {
    const columns = stream.columns ?? DEFAULT_COLUMNS;
    const height = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(stringWidth(line) / columns)), 0);
    drawn = [];
    return height === 0 ? '' : `\u001B[${height}A\u001B[J`;
  }

  function draw(above = ''): void {
    const erase = eraser();
    if (picture !== undefined) {
      const canvas = { columns: stream.columns ?? DEFAULT_COLUMNS, colours, now: Date.now() };
      // What has scrolled away cannot be drawn over.
      drawn = drawRun(picture, canvas).slice(0, (stream.rows ?? DEFAULT_ROWS) - 1);
    }
    // All at once, so that nobody sees a terminal without a picture.
    stream.write(`${erase}${above}${drawn.map((line) => `${line}\n`).join('')}`);
  }

  const timer = setInterval(() => picture !== undefined && draw(), REDRAW_MS);
  timer.unref();
  return {
    show(report, setbacks, pulse) {
      const [problem] = setbacks;
      const lastProblem = problem === undefined ? picture?.lastProblem : setbackLine(problem);
      picture = { report, setbacks, pulse, ...(lastProblem === undefined ? {} : { lastProblem }) };
      draw();
    },
    note: (text) => draw(`${text}\n`),
    close: () => clearInterval(timer),
  };
}
