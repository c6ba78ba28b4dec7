import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../../src/stack/program-list.ts';
import { startProcess, type RunningProcess } from '../../../src/stack/process.ts';
import type { Arena } from './arena.ts';

/** A worker beside the arena's, with a task queue of its own name, in an environment that is not in order. */
export interface OddWorker {
  readonly name: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Shell commands before it starts, in a mount namespace of its own. */
  readonly mounts?: (folder: string) => string;
}

/** Starts it. */
export async function startOddWorker(
  { directory, environment, pool }: Arena,
  { name, env = {}, mounts }: OddWorker,
): Promise<RunningProcess> {
  const folder = join(directory, name);
  await mkdir(folder);
  const logFile = join(directory, `${name}.log`);
  const worker = [process.execPath, join(packageRoot(), 'test/chaos/support/worker-program.ts'), pool.bundle];
  const script = `${mounts?.(folder) ?? 'true'} && exec "$@"`;
  const [program, ...args] =
    mounts === undefined ? worker : ['unshare', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', ...worker];
  const running = await startProcess({
    name: `the worker ${name}`,
    program: program ?? '',
    args,
    env: { ...environment, ...env, PROMOTER_TASK_QUEUE: name },
    logFile,
    ready: async () => (await readFile(logFile, 'utf8')).includes('spare'),
  });
  process.kill(running.pid, 'SIGUSR2');
  return running;
}

/** Mounts a file system of so many KiB at a folder. */
export function smallDisk(folder: string, kib: number): string {
  return `mkdir -p ${folder} && mount -t tmpfs -o size=${kib}k tmpfs ${folder}`;
}
