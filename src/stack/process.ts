import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, PromoterError } from '../errors.ts';

const POLL_MS = 25;
const START_TIMEOUT_MS = 180_000;
const STOP_GRACE_MS = 10_000;
const LAST_LINES = 15;

// Runs beside each program with one end of a pipe as its input. A line means that the program has ended; the end of the
// pipe without one means that we are gone, however we died, and the program is to go too.
const GUARD = `trap '' INT TERM HUP
read -r line || { kill -s TERM -- "-$1"; sleep 5; kill -s KILL -- "-$1"; } 2>/dev/null`;

export interface ProcessOptions {
  /** What messages call it. */
  readonly name: string;
  /** Absolute path, or a name on PATH. */
  readonly program: string;
  readonly args: readonly string[];
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Receives stdout and stderr, behind what it holds already. */
  readonly logFile: string;
  /** Asked every 25 ms until it is true; an error means not yet. */
  readonly ready: () => Promise<boolean>;
  /** Milliseconds; three minutes by default, since a busy machine takes its time. */
  readonly startTimeoutMs?: number;
  /** Milliseconds between SIGTERM and SIGKILL; ten seconds by default. */
  readonly stopGraceMs?: number;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that runs in a process group of its own until it is stopped or we end, whichever comes first. */
export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when the program has ended, for whatever reason. */
  readonly exited: Promise<ProcessExit>;
  /** SIGTERM, and SIGKILL when that does not help in time; resolves when the program is gone. */
  readonly stop: () => Promise<void>;
  /** SIGKILL to the program and what it started; resolves when it is gone. */
  readonly kill: () => Promise<void>;
}

/**
 * Starts a program and waits until it is ready.
 *
 * @throws PromoterError `StackFailed` with the last lines of its log when it ends early or does not get ready in time
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const { name, program, args, logFile } = options;
  await mkdir(dirname(logFile), { recursive: true });
  const log = await open(logFile, 'a', 0o600);
  const logStart = (await log.stat()).size;
  let child: ChildProcess;
  let ended: Promise<ProcessExit>;
  try {
    child = spawn(program, args, {
      // A terminal sends Ctrl-C to its whole process group; apart from it, we decide who stops in which order.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    // Listened for from the start: a program may be gone before anybody has waited for anything.
    ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    await spawned(child, name);
  } finally {
    await log.close();
  }
  const running = supervise(child, ended, options);
  try {
    await becomesReady(running, options);
  } catch (error) {
    await running.kill();
    const why = `${name} did not start: ${messageOf(error)}\n${await lastLines(logFile, logStart)}`;
    throw new PromoterError('StackFailed', why, { cause: error });
  }
  return running;
}

async function spawned(child: ChildProcess, name: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) =>
      reject(new PromoterError('StackFailed', `${name} did not start: ${error.message}`, { cause: error })),
    );
  });
}

function supervise(child: ChildProcess, ended: Promise<ProcessExit>, options: ProcessOptions): RunningProcess {
  const { name, logFile, stopGraceMs = STOP_GRACE_MS } = options;
  const pid = child.pid as number;
  const guard = spawn('/bin/sh', ['-c', GUARD, 'guard', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  child.unref();
  const exited = ended.then((exit) => {
    guard.stdin.end('ended\n');
    return exit;
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.ref();
    if (signal === 'SIGKILL') killGroup(pid);
    else child.kill(signal);
    await exited;
  };
  return {
    name,
    pid,
    logFile,
    exited,
    kill: () => end('SIGKILL'),
    stop: async () => {
      const timer = setTimeout(() => void end('SIGKILL'), stopGraceMs);
      await end('SIGTERM');
      clearTimeout(timer);
    },
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // Gone already.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function becomesReady(running: RunningProcess, options: ProcessOptions): Promise<void> {
  const { ready, startTimeoutMs = START_TIMEOUT_MS } = options;
  const deadline = Date.now() + startTimeoutMs;
  let ended: ProcessExit | undefined;
  void running.exited.then((exit) => (ended = exit));
  for (let lastError: unknown; ;) {
    if (ended !== undefined) throw new Error(`it ended with ${ended.signal ?? `exit code ${ended.code}`}`);
    try {
      if (await ready()) return;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() > deadline) {
      const why = lastError === undefined ? '' : ` (${messageOf(lastError)})`;
      throw new Error(`it was not ready after ${startTimeoutMs / 1000} s${why}`, { cause: lastError });
    }
    await delay(POLL_MS);
  }
}

async function lastLines(logFile: string, from: number): Promise<string> {
  const written = (await readFile(logFile)).subarray(from).toString('utf8').trimEnd();
  if (written === '') return `${logFile} is empty`;
  return `the end of ${logFile}:\n  ${written.split('\n').slice(-LAST_LINES).join('\n  ')}`;
}

/** Whether an HTTP server answers there with anything but a server error. */
export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(1000) });
  await response.body?.cancel();
  return response.status < 500;
}
