import type { Result } from './result.ts';
import type { RouteClass } from './registry/route.ts';

const MIB = 1024 * 1024;

/** Results as a table for people, and what each tool asked for, and which process worked how much, below it. */
export function renderResults(results: readonly Result[]): string {
  const header = ['tool', 'wall s', 'CPU s', 'MiB', 'requests', '× floor', '429', 'connections', 'edges', 'outcome'];
  const rows = results.map((result) => [
    result.tool,
    seconds(result.wallMs),
    seconds(result.cpuMs),
    result.peakBytes === undefined ? '–' : (result.peakBytes / MIB).toFixed(0),
    String(result.requests),
    (result.requests / result.floor).toFixed(2),
    String(result.throttled),
    String(result.connections),
    `${result.edges}/${result.edgesWanted}`,
    outcomeOf(result),
  ]);
  const details = results.flatMap(({ tool, class: classes, cpuMsOf }) => [
    `${tool}: ${classText(classes)}\n`,
    ...(cpuMsOf === undefined ? [] : [`${tool}, CPU s: ${timesText(cpuMsOf)}\n`]),
  ]);
  return `${columns([header, ...rows])}\n${details.join('')}`;
}

/** Whether a tool did what was asked, in a word or two. */
export function outcomeOf({ exitCode, edges, edgesWanted }: Result): string {
  if (exitCode === undefined) return 'stopped';
  if (edges < edgesWanted) return `fails, exit ${exitCode}`;
  return exitCode === 0 ? 'ok' : `exit ${exitCode}`;
}

function classText(classes: Readonly<Partial<Record<RouteClass, number>>>): string {
  const counts = Object.entries(classes).sort(([, a], [, b]) => b - a);
  return counts.map(([name, count]) => `${name} ${count}`).join(', ');
}

function timesText(times: Readonly<Record<string, number>>): string {
  return Object.entries(times)
    .map(([name, ms]) => `${name} ${seconds(ms)}`)
    .join(', ');
}

function seconds(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '–' : (milliseconds / 1000).toFixed(milliseconds < 100_000 ? 2 : 0);
}

function columns(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const render = (line: readonly string[]): string =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  return lines.map((line) => `${render(line)}\n`).join('');
}
