import { globSync } from 'node:fs';
import { INSTRUMENTER_CONSTANTS, type InstrumenterContext, type StrykerOptions } from '@stryker-mutator/api/core';
import { PluginKind, commonTokens, declareFactoryPlugin, tokens } from '@stryker-mutator/api/plugin';
import {
  DryRunStatus,
  TestStatus,
  determineHitLimitReached,
  toMutantRunResult,
  type DryRunResult,
  type TestResult,
  type TestRunner,
} from '@stryker-mutator/api/test-runner';
import Mocha from 'mocha';

const ANY_TITLE = /(?:)/;

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
  const mocha = new Mocha({ reporter: SilentReporter, timeout: 0 });
  mocha.cleanReferencesAfterRun(false);
  for (const file of globSync(testFiles).toSorted()) mocha.addFile(file);
  mocha.suite.beforeEach('tell which test runs', function () {
    const title = this.currentTest?.fullTitle();
    if (title !== undefined) context.currentTestId = title;
  });
  const loaded = once(() => mocha.loadFilesAsync());

  async function run(bail: boolean): Promise<DryRunResult> {
    try {
      await loaded();
      prepare(mocha.suite, bail);
      const tests = await resultsOf(mocha);
      return determineHitLimitReached(context.hitCount, context.hitLimit) ?? { status: DryRunStatus.Complete, tests };
    } catch (error) {
      return { status: DryRunStatus.Error, errorMessage: error instanceof Error ? String(error.stack) : String(error) };
    }
  }

  return {
    // What was imported once stays: Stryker starts another process for a mutant of what runs at import.
    capabilities: () => ({ reloadEnvironment: false }),
    async dryRun({ coverageAnalysis, disableBail }) {
      const result = await run(!disableBail);
      const { mutantCoverage } = context;
      const measured = coverageAnalysis !== 'off' && mutantCoverage !== undefined;
      return result.status === DryRunStatus.Complete && measured ? { ...result, mutantCoverage } : result;
    },
    async mutantRun({ activeMutant, disableBail, hitLimit, mutantActivation, testFilter }) {
      if (hitLimit !== undefined) Object.assign(context, { hitLimit, hitCount: 0 });
      if (mutantActivation === 'runtime') await loaded();
      context.activeMutant = activeMutant.id;
      mocha.grep(testFilter === undefined ? ANY_TITLE : new RegExp(testFilter.map(wholeTitle).join('|')));
      return toMutantRunResult(await run(!disableBail));
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

/** It is Stryker that ends what does not come to an end: it knows how long the tests take on this machine. */
function prepare(suite: Mocha.Suite, bail: boolean): void {
  suite.bail(bail);
  for (const test of suite.tests) test.timeout(0);
  for (const child of suite.suites) prepare(child, bail);
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
