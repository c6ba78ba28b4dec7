import { enableCompileCache, flushCompileCache } from 'node:module';
import { restartAsWorker } from './src/worker/restart.ts';

// First of all: what has been loaded by then is loaded again.
restartAsWorker();
enableCompileCache();

const { loadConfig } = await import('./src/config.ts');
const { describeThrown } = await import('./src/client/failure-text.ts');
const { runWorker } = await import('./src/worker/run.ts');
// A worker that is killed could not keep what it compiled.
flushCompileCache();

try {
  await runWorker(await loadConfig());
} catch (error) {
  process.stderr.write(`promoter worker: ${describeThrown(error)}\n`);
  process.exitCode = 1;
}
