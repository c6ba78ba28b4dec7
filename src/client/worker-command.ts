import { Command } from 'commander';
import { restartAsWorker } from '../worker/restart.ts';
import { addServerOptions, type ServerOptions } from './common-options.ts';

/** The command that works: what `worker.ts` does, with flags. */
export function workerCommand(): Command {
  const command = new Command('worker').description('work on promotions until told to stop; needs a Temporal server');
  return addServerOptions(command).action(async (options: ServerOptions) => {
    // First of all: what has been done by then is done again.
    restartAsWorker();
    const { loadConfig } = await import('../config.ts');
    const { runWorker } = await import('../worker/run.ts');
    await runWorker(await loadConfig(options));
  });
}
