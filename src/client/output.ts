import type { ExitCode } from './exit-code.ts';

/** A stream that text goes to, and what kind of screen is behind it. */
export interface OutputStream {
  write(text: string): unknown;
  /** Absent or false: a file or a pipe. */
  readonly isTTY?: boolean;
  /** Width of the screen, in characters. */
  readonly columns?: number;
  /** Its height, in lines. */
  readonly rows?: number;
}

/** Where a command writes and how it ends, so that commands can be run inside tests and inside one another. */
export interface CommandOutput {
  /** Results, and nothing else. */
  readonly stdout: OutputStream;
  /** Progress, warnings and errors. */
  readonly stderr: OutputStream;
  setExitCode(code: ExitCode): void;
}
