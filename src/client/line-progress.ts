import type { PromotionReport } from '../workflows/messages.ts';
import type { OutputStream } from './output.ts';
import type { Progress } from './progress.ts';
import { phaseShare, ratesText } from './phase-share.ts';
import { setbackLine } from './run-setbacks.ts';
import { standstillsOf } from './standstill.ts';
import { formatDuration } from './units.ts';

const EVERY_MS = 10_000;

/** A line when a phase begins, ends or is held, when something is tried again, and now and then how far it is. */
export function showAsLines(stream: OutputStream, now: () => number = Date.now): Progress {
  const said = new Set<string>();
  let nextCount = now() + EVERY_MS;
  const note = (line: string): void => void stream.write(`${line}\n`);
  const once = (line: string): void => {
    if (said.has(line)) return;
    said.add(line);
    note(line);
  };
  return {
    note,
    close: () => undefined,
    show(report, setbacks, pulse) {
      report.phases.forEach((row, index) => {
        if (row.startedAt === undefined) return;
        once(`Phase ${index + 1}/${report.phases.length}: ${row.name}`);
        if (row.endedAt !== undefined && (row.state === 'done' || row.state === 'skipped')) {
          const verb = row.state === 'done' ? 'completed' : 'skipped';
          const why = row.note === undefined ? '' : `: ${row.note}`;
          once(`Phase "${row.name}" ${verb} in ${formatDuration(row.endedAt - row.startedAt)}${why}`);
        }
        const share = phaseShare(row, report, pulse);
        if (row.state === 'running' && share !== undefined && now() >= nextCount) {
          nextCount = now() + EVERY_MS;
          const rates = pulse.rates.length === 0 ? '' : `; requests/s: ${ratesText(pulse)}`;
          note(`Phase "${row.name}": ${share.done} of ${share.total} ${share.of}${rates}`);
        }
      });
      if (report.hold !== undefined) once(holdLine(report.hold));
      for (const { why } of standstillsOf(report)) once(capital(why));
      for (const setback of setbacks) once(setbackLine(setback));
    },
  };
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function holdLine({ phase, reason, since }: NonNullable<PromotionReport['hold']>): string {
  return `Phase "${phase}" is held since ${new Date(since).toISOString()}: ${reason}`;
}
