import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from '../../src/client/program.ts';
import { isTransient, type ErrorCode } from '../../src/errors.ts';
import { WORKER_METRICS, type MetricDefinition } from '../../src/telemetry/metric.ts';
import { RUN_METRICS } from '../../src/workflows/run-metrics.ts';
import { packageRoot } from '../../src/stack/program-list.ts';
import { captureOutput } from '../client/captured-output.ts';
import { matchesIn, readPages, type Page } from './markdown.ts';

/** With its value, if it has one; what goes on after that is a quoted message. */
const FLAG_ALONE = /^(--[a-z][a-z-]*)(?:[ =]\S+)?$/g;

describe('what the documentation mentions', () => {
  const program = createProgram(captureOutput().output);
  let pages: readonly Page[];

  before(async () => {
    pages = await readPages();
  });

  it('exists: scripts of npm', async () => {
    const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
    const named = mentions(({ text }) => matchesIn(text, /npm run (?:-s )?([a-z][\w:-]*)/g));
    assert.ok(named.size > 5);
    assert.deepEqual(
      [...named].filter(([script]) => scripts[script] === undefined),
      [],
    );
  });

  it('exists: flags that stand alone', async () => {
    const bench = matchesIn(await read('bench/options.ts'), /--[a-z][a-z-]+/g);
    // `--flag` stands for any.
    const known = new Set(['--flag', ...bench, ...allCommands(program).flatMap(flagsOf)]);
    const named = mentions(({ spans }) => spans.flatMap((span) => matchesIn(span, FLAG_ALONE)));
    assert.ok(named.size > 5);
    assert.deepEqual(
      [...named].filter(([flag]) => !known.has(flag) && !process.allowedNodeEnvironmentFlags.has(flag)),
      [],
    );
  });

  it('exists: variables', async () => {
    const sources = [await read('tools/programs.yaml')];
    for await (const file of glob('src/**/*.ts', { cwd: packageRoot() })) sources.push(await read(file));
    const known = new Set(matchesIn(sources.join('\n'), /\bPROMOTER_[A-Z][A-Z0-9_]*/g));
    const named = mentions(({ text }) => matchesIn(text, /\bPROMOTER_[A-Z][A-Z0-9_]*/g));
    assert.deepEqual(
      [...named].filter(([variable]) => !known.has(variable)),
      [],
    );
  });

  it('is complete and true: metrics, their kinds and labels', async () => {
    const table = /^\| `(promoter_\w+)` +\| (\w+) +\| (.*?) +\| (.*?) +\|$/gm;
    const rows = [...(await read('docs/observing.md')).matchAll(table)];
    const metrics: readonly MetricDefinition[] = [...Object.values(WORKER_METRICS), ...Object.values(RUN_METRICS)];
    assert.deepEqual(
      rows.map(([, ...cells]) => cells),
      metrics.map(({ name, kind, labels, help }) => [
        name,
        kind,
        labels.length === 0 ? '–' : labels.map((label) => `\`${label}\``).join(', '),
        help,
      ]),
    );
  });

  it('is complete and true: error codes, and whether they are tried again', async () => {
    const codes = matchesIn(await read('src/errors.ts'), /^ {2}\| '(\w+)'/gm) as readonly ErrorCode[];
    assert.ok(codes.length > 20);
    const rows = (await read('docs/troubleshooting.md')).matchAll(/^\| `(\w+)` +\| (yes|no) /gm);
    assert.deepEqual(
      Object.fromEntries([...rows].map(([, code, again]) => [code, again])),
      Object.fromEntries(codes.map((code) => [code, isTransient(code) ? 'yes' : 'no'])),
    );
  });

  /** What pages mention, with the page that does so first. */
  function mentions(find: (page: Page) => readonly string[]): ReadonlyMap<string, string> {
    return new Map(pages.flatMap((page) => find(page).map((found): [string, string] => [found, page.file])).reverse());
  }
});

function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

function flagsOf(command: Command): readonly string[] {
  return [...command.options.map(({ long }) => long ?? ''), '--help'];
}

function read(file: string): Promise<string> {
  return readFile(join(packageRoot(), file), 'utf8');
}
