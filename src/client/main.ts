#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { withoutControls } from '../printable.ts';
import type { OutputStream } from './output.ts';
import { createProgram, runProgram } from './program.ts';

// Temporal's client takes longer to load than most commands to run: what was compiled once is kept.
enableCompileCache();

const output = {
  stdout: plainOnScreen(process.stdout),
  stderr: process.stderr,
  setExitCode: (code: number) => {
    process.exitCode = code;
  },
};
// A reader that has seen enough (`promoter list | head -1`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
await runProgram(createProgram(output), process.argv.slice(2), output);

/**
 * The same stream, but that nothing from outside steers a screen behind it: what registries and manifests say is shown.
 * Files and pipes get every byte. Commands draw on standard error alone.
 */
function plainOnScreen(stream: NodeJS.WriteStream): OutputStream {
  if (!stream.isTTY) return stream;
  return {
    isTTY: true,
    get columns() {
      return stream.columns;
    },
    get rows() {
      return stream.rows;
    },
    write: (text) => stream.write(withoutControls(text)),
  };
}
