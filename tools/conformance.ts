import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { readRecording, renderComparison, type RecordedCase } from '../test/conformance/comparison.ts';
import { PEER } from '../test/conformance/peer.ts';
import { RECORDING } from '../test/conformance/recording.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMPARED = /(?<=<!-- side by side: .* -->\n).*(?=\n<!-- end of side by side -->)/s;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peer: { type: 'string' },
    grep: { type: 'string', short: 'g' },
    page: { type: 'string', default: join(ROOT, 'docs', 'kpromo.md') },
  },
});
const folder = await mkdtemp(join(tmpdir(), 'conformance-recording-'));
try {
  const ours = await runSuite('promoter', {});
  process.exitCode = ours.exitCode;
  if (values.peer !== undefined) {
    // That the peer does not meet every expectation is what is to be shown.
    const theirs = await runSuite('peer', { [PEER]: resolve(values.peer) });
    await writePage(values.page, renderComparison(ours.cases, theirs.cases));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Runs all cases on one program, with a recording of what its commands did. */
async function runSuite(
  name: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly cases: readonly RecordedCase[]; readonly exitCode: number }> {
  const recording = join(folder, `${name}.jsonl`);
  await writeFile(recording, '');
  const hooks = ['test/support/root-hooks.ts', 'test/conformance/recording.ts'].flatMap((hook) => ['--require', hook]);
  const only = values.grep === undefined ? [] : ['--grep', values.grep];
  const files = positionals.length === 0 ? ['test/conformance/**/*.test.ts'] : positionals;
  const mocha = join(ROOT, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const args = ['--no-config', '--timeout', '120s', ...hooks, ...only, ...files];
  process.stdout.write(`\n${name}\n`);
  const suite = spawn(process.execPath, [mocha, ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, [RECORDING]: recording, ...environment },
  });
  const [code] = (await once(suite, 'close')) as [number | null];
  return { cases: readRecording(await readFile(recording, 'utf8')), exitCode: code === 0 ? 0 : 1 };
}

async function writePage(page: string, table: string): Promise<void> {
  const text = (await readFile(page, 'utf8')).replace(COMPARED, () => `\n${table}\n`);
  await writeFile(page, await format(text, { ...(await resolveConfig(page)), filepath: page }));
}
