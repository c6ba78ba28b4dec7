import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';

/** What a command took. */
export interface Measured {
  readonly wallMs: number;
  /** User and system time of all its processes, in milliseconds; absent where it cannot be had. */
  readonly cpuMs?: number;
  /** The same by process, where there are several; with the registry, which is in no sum. */
  readonly cpuMsOf?: Readonly<Record<string, number>>;
  /** Of the largest process, in bytes; absent where it cannot be had. */
  readonly peakBytes?: number;
  /** Absent when it had to be stopped. */
  readonly exitCode?: number;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Receives stdout and stderr. */
  readonly logFile: string;
  readonly timeoutMs: number;
}

/** GNU time; the shell's keyword of that name cannot write to a file. */
const TIME = '/usr/bin/time';

/** Runs a command to its end and measures it. */
export async function measure({ program, args, env, logFile, timeoutMs }: Command): Promise<Measured> {
  const usageFile = `${logFile}.usage`;
  const timed = existsSync(TIME);
  const log = await open(logFile, 'w');
  const before = performance.now();
  const child = spawn(timed ? TIME : program, timed ? ['-o', usageFile, '-f', '%U %S %M', program, ...args] : args, {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', log.fd, log.fd],
  });
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), timeoutMs);
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('exit', resolve));
  const wallMs = performance.now() - before;
  clearTimeout(timer);
  await log.close();
  const usage = timed && code !== null ? await readUsage(usageFile) : {};
  return { wallMs, ...usage, ...(code === null ? {} : { exitCode: code }) };
}

async function readUsage(file: string): Promise<Pick<Measured, 'cpuMs' | 'peakBytes'>> {
  // A command that fails has a line of its own above the figures.
  const line = (await readFile(file, 'utf8')).trim().split('\n').at(-1) ?? '';
  const [user = Number.NaN, system = Number.NaN, kibibytes = Number.NaN] = line.split(' ').map(Number);
  return { cpuMs: (user + system) * 1000, peakBytes: kibibytes * 1024 };
}

const TICK_MS = 10;

/** What a process has used so far, where the system tells (Linux's `/proc`). */
export async function usageOf(
  pid: number,
): Promise<{ readonly cpuMs: number; readonly peakBytes: number } | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name of the program is in brackets and may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const kibibytes = Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? Number.NaN);
    return { cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, peakBytes: kibibytes * 1024 };
  } catch {
    return undefined;
  }
}
