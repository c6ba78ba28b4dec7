import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import { loadConfig } from '../../../src/config.ts';
import { runWorker } from '../../../src/worker/run.ts';

// A spare: everything is loaded, and it begins to work when it is told to by a signal. The first argument is the bundle of
// the workflows, since making it takes longer than all the rest.
const [codePath = ''] = process.argv.slice(2);
const config = await loadConfig();
const called = once(process, 'SIGUSR2');
// A signal that is waited for keeps no process alive.
const waiting = setInterval(() => {}, 60_000);
// Whoever is killed writes nothing any more.
flushCompileCache();
process.stdout.write('spare\n');
await called;
clearInterval(waiting);
await runWorker(config, { workflows: { codePath } });
