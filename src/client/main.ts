#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { createProgram, runProgram } from './program.ts';

// Temporal's client takes longer to load than most commands to run: what was compiled once is kept.
enableCompileCache();

const output = {
  stdout: process.stdout,
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
