import { fileURLToPath } from 'node:url';
import { Stryker } from '@stryker-mutator/core';
import type { PartialStrykerOptions } from '@stryker-mutator/api/core';
import { noteResult } from '../test/chaos/support/record.ts';
import { RUNNER } from './mutation/mocha-runner.ts';
import { findingOf, scoreOf } from './mutation/score.ts';

// Changes the code of a folder in one place after the other, and tells which of the changes the tests of the same folder do
// not notice. What is left of earlier runs is taken over where neither code nor tests changed.
const FOLDERS = ['manifest', 'plan', 'registry', 'signing'];
const OUTPUT = '.stryker';

const wanted = process.argv.slice(2);
const unknown = wanted.find((folder) => !FOLDERS.includes(folder));
if (unknown !== undefined) throw new Error(`${unknown} is none of ${FOLDERS.join(', ')}`);

function optionsFor(folder: string): PartialStrykerOptions {
  return {
    mutate: [`src/${folder}/**/*.ts`],
    testFiles: [`test/${folder}/**/*.test.ts`],
    testRunner: RUNNER,
    plugins: [fileURLToPath(new URL('mutation/mocha-runner.ts', import.meta.url))],
    appendPlugins: [],
    coverageAnalysis: 'perTest',
    ignoreStatic: true,
    concurrency: 2,
    // On a busy machine a test that only waits for its turn is no endless loop.
    timeoutMS: 15_000,
    dryRunTimeoutMinutes: 60,
    // Types are taken away by Node; Stryker would look for TypeScript's compiler API.
    tsconfigFile: 'none',
    tempDirName: `${OUTPUT}/sandbox`,
    ignorePatterns: ['.stryker', 'dist', 'tools/bin', 'test/histories', 'docs', 'deploy', 'bench'],
    incremental: true,
    incrementalFile: `${OUTPUT}/${folder}.json`,
    reporters: ['html', 'progress-append-only'],
    htmlReporter: { fileName: `${OUTPUT}/${folder}.html` },
    allowConsoleColors: false,
  };
}

for (const folder of wanted.length === 0 ? FOLDERS : wanted) {
  const finding = findingOf(folder, await new Stryker(optionsFor(folder)).runMutationTest());
  const { killed, timedOut, survived, untested, left } = finding;
  process.stdout.write(
    `src/${folder}: ${scoreOf(finding).toFixed(1)} % of ${killed + timedOut + survived + untested} mutants noticed ` +
      `(${killed} killed, ${timedOut} timed out, ${survived} survived, ${untested} in code without a test, ${left} left out); ` +
      `${OUTPUT}/${folder}.html shows them\n`,
  );
  await noteResult(finding);
}
