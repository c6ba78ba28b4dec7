import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { packageRoot } from '../../src/stack/program-list.ts';

/** One of our own programs in a process of its own. */
export interface RunningScript {
  readonly child: ChildProcess;
  /** Resolves with what it has printed as soon as that satisfies the condition. */
  readonly printed: (condition: (stdout: string) => boolean) => Promise<string>;
  /** Resolves with its exit code or the signal that ended it, and all that it wrote. */
  readonly ended: Promise<{ readonly exit: number | NodeJS.Signals; readonly stdout: string; readonly stderr: string }>;
}

/** Runs `node script args…` in the package's folder, with variables added to the environment. */
export function runScript(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): RunningScript {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: packageRoot(),
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const ended = once(child, 'close').then(([code, signal]) => {
    return { exit: (code ?? signal) as number | NodeJS.Signals, stdout, stderr };
  });
  const printed = (condition: (stdout: string) => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (condition(stdout)) resolve(stdout);
      };
      child.stdout.on('data', look);
      look();
      void ended.then(({ exit }) => reject(new Error(`${script} ended with ${exit}:\n${stderr}`)));
    });
  return { child, printed, ended };
}
