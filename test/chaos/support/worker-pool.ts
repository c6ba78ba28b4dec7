import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../../src/stack/program-list.ts';
import { startProcess, type RunningProcess } from '../../../src/stack/process.ts';
import { bundledSources } from '../../../src/worker/workflow-bundle.ts';

/** Workers in processes of their own; one is always loaded and waits, so that the next takes over at once. */
export interface WorkerPool {
  /** The one that works. */
  readonly worker: () => RunningProcess;
  /** The workflows' bundle, for a worker beside these. */
  readonly bundle: string;
  /** Kills the one that works and lets the spare take over. */
  replace(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one that works and one that waits. */
export async function startWorkerPool(directory: string, env: Readonly<Record<string, string>>): Promise<WorkerPool> {
  const bundle = join(directory, 'workflow-bundle.js');
  await writeFile(bundle, await bundledSources());
  let started = 0;
  function startSpare(): Promise<RunningProcess> {
    const logFile = join(directory, `worker-${(started += 1)}.log`);
    const spare = startProcess({
      name: 'a worker',
      program: process.execPath,
      args: [join(packageRoot(), 'test/chaos/support/worker-program.ts'), bundle],
      // Loading is most of what a worker costs that is killed after some seconds.
      env: { ...env, NODE_COMPILE_CACHE: join(directory, 'compiled') },
      logFile,
      ready: async () => (await readFile(logFile, 'utf8')).includes('spare'),
    });
    // Its failure is whose turn it is.
    spare.catch(() => {});
    return spare;
  }
  async function takeOver(spare: Promise<RunningProcess>): Promise<RunningProcess> {
    const process_ = await spare;
    process.kill(process_.pid, 'SIGUSR2');
    return process_;
  }
  let working = await takeOver(startSpare());
  let spare = startSpare();
  return {
    worker: () => working,
    bundle,
    async replace() {
      await working.kill();
      working = await takeOver(spare);
      spare = startSpare();
    },
    async stop() {
      await Promise.all([working.stop(), spare.then((waiting) => waiting.kill())]);
    },
  };
}
