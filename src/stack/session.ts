import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningProcess } from './process.ts';
import { createStackSchedule } from './replication-schedule.ts';
import { startStack, type Stack } from './stack.ts';
import { readStackConfig, type StackConfig } from './stack-config.ts';
import { startWorker } from './worker-process.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface SessionOptions {
  /** The state folder, which is kept; without one, a temporary folder that is removed at the end. */
  readonly state?: string | undefined;
  readonly ports: 'preferred' | 'free';
  /** Told what is going on, a line at a time. */
  readonly onProgress: (line: string) => void;
  /** What `temporal-dev.yaml` says unless given. */
  readonly config?: StackConfig;
}

/** A stack with a worker, for as long as {@link withStack} runs. */
export interface Session {
  readonly stack: Stack;
  readonly worker: RunningProcess;
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP. */
  readonly interrupted: AbortSignal;
}

/**
 * Starts the stack and a worker, runs something with them, and stops them, also when it throws. The first Ctrl-C aborts
 * `interrupted`; the second ends this process at once, and its programs with it.
 */
export async function withStack<Result>(
  options: SessionOptions,
  body: (session: Session) => Promise<Result>,
): Promise<Result> {
  const interruption = new AbortController();
  const onSignal = (): void => {
    if (interruption.signal.aborted) process.exit(130);
    options.onProgress('stopping; once more to kill');
    interruption.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const stateDirectory = options.state ?? (await mkdtemp(join(tmpdir(), 'image-promoter-')));
  try {
    const config = options.config ?? (await readStackConfig());
    const { ports, onProgress } = options;
    const stack = await startStack(config, { stateDirectory, ports, onProgress });
    try {
      const worker = await startWorker(stack, join(stateDirectory, 'worker', 'worker.log'));
      onProgress('worker polls for work');
      await createStackSchedule(stack, config);
      try {
        return await body({ stack, worker, interrupted: interruption.signal });
      } finally {
        await worker.stop();
      }
    } finally {
      await stack.stop();
    }
  } finally {
    if (options.state === undefined) await rm(stateDirectory, { recursive: true, force: true });
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

/** Waits for Ctrl-C, SIGTERM or SIGHUP. */
export async function untilInterrupted({ interrupted }: Session): Promise<void> {
  // A signal handler does not keep a process alive, a timer does.
  const alive = setInterval(() => undefined, 2 ** 30);
  await new Promise<void>((resolve) => {
    if (interrupted.aborted) resolve();
    interrupted.addEventListener('abort', () => resolve());
  });
  clearInterval(alive);
}
