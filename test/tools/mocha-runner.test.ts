import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StrykerOptions } from '@stryker-mutator/api/core';
import type { MutantRunOptions, TestRunner } from '@stryker-mutator/api/test-runner';
import { createMochaRunner } from '../../tools/mutation/mocha-runner.ts';

// As instrumented code does: the context says which mutant is on, and under which test a line ran.
const TESTS = `
const { context, ran } = globalThis.__stryker__.trial;
describe('a suite', () => {
  it('notices (1)', () => {
    ran.push(context.currentTestId);
    if (context.activeMutant === '1') throw new Error('noticed');
  });
  it('notices nothing', () => {
    ran.push(context.currentTestId);
    if (context.activeMutant === '3') return new Promise(() => {});
  });
});
`;
const RUN = { timeout: 1000, disableBail: false } as const;

function mutantRun(id: string, testFilter?: readonly string[]): MutantRunOptions {
  const activeMutant = { id } as MutantRunOptions['activeMutant'];
  const options = { ...RUN, activeMutant, sandboxFileName: '', mutantActivation: 'runtime', reloadEnvironment: false };
  return { ...options, ...(testFilter !== undefined && { testFilter }) } as MutantRunOptions;
}

describe('the runner of mutation tests', () => {
  const globals = globalThis as { __stryker__?: Record<string, unknown> };
  const ran: (string | undefined)[] = [];
  const context: Record<string, unknown> = {};
  let directory: string;
  let runner: TestRunner;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mutation-'));
    const file = join(directory, 'trial.test.mjs');
    await writeFile(file, TESTS);
    ran.length = 0;
    globals.__stryker__ = Object.assign(context, { trial: { context, ran } });
    runner = createMochaRunner({ testFiles: [file] } as unknown as StrykerOptions);
  });
  afterEach(async () => {
    delete globals.__stryker__;
    await rm(directory, { recursive: true });
  });

  it('tells under which test a line ran', async () => {
    const result = await runner.dryRun({ ...RUN, coverageAnalysis: 'perTest' });
    assert.equal(result.status, 'complete');
    assert.deepEqual(ran, ['a suite notices (1)', 'a suite notices nothing']);
  });

  it('names the test that fails because of a mutant, and runs the same files again for the next', async () => {
    await runner.dryRun({ ...RUN, coverageAnalysis: 'perTest' });
    const noticed = await runner.mutantRun(mutantRun('1'));
    assert.deepEqual('killedBy' in noticed && noticed.killedBy, ['a suite notices (1)']);
    assert.equal((await runner.mutantRun(mutantRun('2'))).status, 'survived');
  });

  it('takes a test that does not end for one that fails, and goes on', async () => {
    const endless = await runner.mutantRun({ ...mutantRun('3'), timeout: 50 });
    assert.deepEqual('killedBy' in endless && endless.killedBy, ['a suite notices nothing']);
    assert.equal((await runner.mutantRun(mutantRun('2'))).status, 'survived');
  });

  it('runs the tests that are asked for, and no others', async () => {
    await runner.mutantRun(mutantRun('1', ['a suite notices nothing']));
    assert.deepEqual(ran, ['a suite notices nothing']);
    assert.equal((await runner.mutantRun(mutantRun('1', ['a suite notices (1)']))).status, 'killed');
  });
});
