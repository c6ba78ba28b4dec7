import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProgram, runProgram } from '../../src/client/program.ts';
import { configurationJsonSchema } from '../../src/configuration/json-schema.ts';
import { type Captured, captureOutput } from './captured-output.ts';

describe('promoter config', () => {
  let folder: string;
  let file: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'config-command-'));
    file = join(folder, 'promoter.yaml');
    await writeFile(file, 'temporal:\n  namespace: images\nplainHttp: [a:5000]\n');
  });
  after(() => rm(folder, { recursive: true }));

  async function run(...args: readonly string[]): Promise<Captured> {
    const { captured, output } = captureOutput();
    await runProgram(createProgram(output), ['config', ...args], output);
    return captured;
  }

  it('shows what holds, and where it is from', async () => {
    const { stdout } = await run('show', '--config', file, '--task-queue', 'ours');
    const lines = stdout.split('\n').map((line) => line.split(/ {2,}/));
    assert.deepEqual(lines[0], ['SETTING', 'VALUE', 'FROM']);
    const rows = new Map(lines.slice(1).map(([setting, ...rest]) => [setting, rest]));
    assert.deepEqual(rows.get('temporal.namespace'), ['images', file]);
    assert.deepEqual(rows.get('temporal.taskQueue'), ['ours', '--task-queue']);
    assert.deepEqual(rows.get('plainHttp'), ['["a:5000"]', file]);
    assert.deepEqual(rows.get('budgets.maxWorkers'), ['8', 'default']);
  });

  it('shows the same as JSON', async () => {
    const { stdout } = await run('show', '--config', file, '--json');
    const shown = JSON.parse(stdout) as { file: string; settings: unknown[] };
    assert.equal(shown.file, file);
    assert.deepEqual(shown.settings[0], { setting: 'temporal.namespace', value: 'images', origin: file });
  });

  it('checks a file', async () => {
    assert.equal((await run('validate', file)).stdout, `${file}: valid\n`);
    const wrong = join(folder, 'wrong.yaml');
    await writeFile(wrong, 'temporal:\n  password: secret\n');
    const { stderr, exitCode } = await run('validate', wrong);
    assert.equal(stderr, `${wrong}:2: temporal.password: no such setting\n`);
    assert.equal(exitCode, 2);
  });

  it('prints the JSON Schema', async () => {
    assert.deepEqual(JSON.parse((await run('schema')).stdout), configurationJsonSchema());
  });
});
