import type { ExitCode } from '../../src/client/exit-code.ts';
import type { CommandOutput } from '../../src/client/output.ts';

/** What a command wrote and how it ended. */
export interface Captured {
  stdout: string;
  stderr: string;
  exitCode: ExitCode | undefined;
}

/** An output that keeps everything, for looking at it afterwards. */
export function captureOutput(): { readonly captured: Captured; readonly output: CommandOutput } {
  const captured: Captured = { stdout: '', stderr: '', exitCode: undefined };
  const output: CommandOutput = {
    stdout: { write: (text) => (captured.stdout += text) },
    stderr: { write: (text) => (captured.stderr += text) },
    setExitCode: (code) => (captured.exitCode = code),
  };
  return { captured, output };
}
