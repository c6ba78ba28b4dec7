import { globSync } from 'node:fs';
import { INSTRUMENTER_CONSTANTS, type InstrumenterContext, type StrykerOptions } from '@stryker-mutator/api/core';
import { PluginKind, commonTokens, declareFactoryPlugin, tokens } from '@stryker-mutator/api/plugin';
import {
  DryRunStatus,
  TestStatus,
  determineHitLimitReached,
  toMutantRunResult,
  type DryRunResult,
  type RunOptions,
  type TestResult,
  type TestRunner,
} from '@stryker-mutator/api/test-runner';
import Mocha from 'mocha';

const ANY_TITLE = /(?:)/;
const HOOK_TIMEOUT_MS = 60_000;
/** Of the time after which Stryker ends the process: starting another one takes seconds, in which tests could run. */
const SHARE_OF_TIMEOUT = 0.8;

class SilentReporter extends Mocha.reporters.Base {}

/** The name of the runner in Stryker's options. */
export const RUNNER = 'mocha-modules';

/** What Stryker looks for in a plugin. */
export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, RUNNER, createMochaRunner)];

createMochaRunner.inject = tokens(commonTokens.options);

/**
 * Runs the tests of a folder again and again in one process, with another mutant switched on each time. Stryker's own
 * runner for mocha knows no mocha 12.
 */
export function createMochaRunner({ testFiles }: StrykerOptions): TestRunner {
  const context = instrumenterContext();
  const mocha = new Mocha({ reporter: SilentReporter, timeout: HOOK_TIMEOUT_MS });
  mocha.cleanReferencesAfterRun(false);
  for (const file of globSync(testFiles).toSorted()) mocha.addFile(file);
  mocha.suite.beforeEach('tell which test runs', function () {
    const title = this.currentTest?.fullTitle();
    if (title !== undefined) context.currentTestId = title;
  });
  const loaded = once(() => mocha.loadFilesAsync());

  async function run({ disableBail, timeout }: RunOptions): Promise<DryRunResult> {
    try {
      await loaded();
      prepare(mocha.suite, !disableBail, timeout * SHARE_OF_TIMEOUT);
      const tests = await resultsOf(mocha);
      return determineHitLimitReached(context.hitCount, context.hitLimit) ?? { status: DryRunStatus.Complete, tests };
    } catch (error) {
      return { status: DryRunStatus.Error, errorMessage: error instanceof Error ? String(error.stack) : String(error) };
    }
  }

  return {
    // What was imported once stays: Stryker starts another process for a mutant of what runs at import.
    capabilities: () => ({ reloadEnvironment: false }),
    async dryRun(options) {
      const result = await run(options);
      const { mutantCoverage } = context;
      const measured = options.coverageAnalysis !== 'off' && mutantCoverage !== undefined;
      return result.status === DryRunStatus.Complete && measured ? { ...result, mutantCoverage } : result;
    },
    async mutantRun(options) {
      const { activeMutant, hitLimit, mutantActivation, testFilter } = options;
      Object.assign(context, { hitLimit, hitCount: hitLimit === undefined ? undefined : 0 });
      if (mutantActivation === 'runtime') await loaded();
      context.activeMutant = activeMutant.id;
      mocha.grep(testFilter === undefined ? ANY_TITLE : new RegExp(testFilter.map(wholeTitle).join('|')));
      return toMutantRunResult(await run(options));
    },
  };
}

/** What instrumented code looks at: which mutant is on, and where it notes what it ran. */
function instrumenterContext(): InstrumenterContext {
  const globals = globalThis as { [INSTRUMENTER_CONSTANTS.NAMESPACE]?: InstrumenterContext };
  return (globals[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {});
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}

function wholeTitle(title: string): string {
  return `^${RegExp.escape(title)}$`;
}

/** How long a test may take is what Stryker found out about this machine, not what the test says. */
function prepare(suite: Mocha.Suite, bail: boolean, timeoutMs: number): void {
  suite.bail(bail);
  for (const test of suite.tests) test.timeout(timeoutMs);
  for (const child of suite.suites) prepare(child, bail, timeoutMs);
}

function resultsOf(mocha: Mocha): Promise<TestResult[]> {
  const results: TestResult[] = [];
  return new Promise((resolve) => {
    const runner = mocha.run(() => resolve(results));
    runner.on('pass', (test) => results.push({ ...described(test), status: TestStatus.Success }));
    runner.on('pending', (test) => results.push({ ...described(test), status: TestStatus.Skipped }));
    runner.on('fail', (test: Mocha.Test, error: unknown) => {
      const failureMessage = error instanceof Error ? String(error.stack) : String(error);
      results.push({ ...described(test), status: TestStatus.Failed, failureMessage });
    });
  });
}

function described(test: Mocha.Test): Omit<TestResult, 'status'> {
  const name = test.fullTitle();
  return { id: name, name, timeSpentMs: test.duration ?? 0, ...(test.file !== undefined && { fileName: test.file }) };
}
