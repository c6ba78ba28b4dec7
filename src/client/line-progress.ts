import type { PromotionReport } from '../workflows/messages.ts';
import type { OutputStream } from './output.ts';
import type { Progress } from './progress.ts';
import { setbackLine } from './run-setbacks.ts';
import { formatDuration } from './units.ts';

const EVERY_MS = 10_000;

/** A line when a phase begins, ends or is held, when something is tried again, and now and then for shards. */
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
    show(report, setbacks) {
      report.phases.forEach((row, index) => {
        if (row.startedAt === undefined) return;
        once(`Phase ${index + 1}/${report.phases.length}: ${row.name}`);
        if (row.endedAt !== undefined && (row.state === 'done' || row.state === 'skipped')) {
          const verb = row.state === 'done' ? 'completed' : 'skipped';
          const why = row.note === undefined ? '' : `: ${row.note}`;
          once(`Phase "${row.name}" ${verb} in ${formatDuration(row.endedAt - row.startedAt)}${why}`);
        }
        if (row.state === 'running' && row.shards !== undefined && now() >= nextCount) {
          nextCount = now() + EVERY_MS;
          note(`Phase "${row.name}": ${row.shards.done} of ${row.shards.total} shards`);
        }
      });
      if (report.hold !== undefined) once(holdLine(report.hold));
      for (const setback of setbacks) once(setbackLine(setback));
    },
  };
}

function holdLine({ phase, reason, since }: NonNullable<PromotionReport['hold']>): string {
  return `Phase "${phase}" is held since ${new Date(since).toISOString()}: ${reason}`;
}
