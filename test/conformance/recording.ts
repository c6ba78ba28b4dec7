import { appendFileSync } from 'node:fs';
import type { RootHookObject } from 'mocha';
import type { Ending } from './command-line.ts';

/** What a recording consists of, a line of JSON each: a case begins, has commands, and ends. */
export type RecordedLine =
  | { readonly begins: string }
  | ({ readonly args: readonly string[] } & Ending)
  | { readonly ends: 'passed' | 'failed' };

/** Names the file that cases and their commands are recorded in; without it nothing is. */
export const RECORDING = 'CONFORMANCE_RECORDING';

/** Records which case is run. */
export const mochaHooks: RootHookObject = {
  beforeEach(this: Mocha.Context) {
    record({ begins: this.currentTest?.fullTitle() ?? '' });
  },
  afterEach(this: Mocha.Context) {
    record({ ends: this.currentTest?.state === 'passed' ? 'passed' : 'failed' });
  },
};

/** Adds a line to the recording, if there is one. */
export function record(line: RecordedLine): void {
  const file = process.env[RECORDING];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`);
}
