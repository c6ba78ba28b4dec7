import type { ExitCode } from './exit-code.ts';

/** Where a command writes and how it ends, so that commands can be run inside tests and inside one another. */
export interface CommandOutput {
  /** Results, and nothing else. */
  readonly stdout: { write(text: string): unknown };
  /** Progress, warnings and errors. */
  readonly stderr: { write(text: string): unknown };
  setExitCode(code: ExitCode): void;
}
