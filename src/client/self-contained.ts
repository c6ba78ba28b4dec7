import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { PromoterError } from '../errors.ts';
import { openTracing } from '../telemetry/open-tracing.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { tryLock, type FileLock, type LockHolder } from '../stack/file-lock.ts';
import { awaitNotifications } from './pending-notifications.ts';
import { keepServer, readServerRecord } from './kept-server.ts';
import { connectClient, never, type SessionNeeds, type TemporalSession } from './temporal-session.ts';

const POLL_MS = 200;
const LONGEST_START_MS = 120_000;

/**
 * Opens a session on the server in the state folder: one started here, with a worker if work is to be done, or that of
 * another promoter that is at work in the same folder.
 *
 * @throws PromoterError `StackFailed`, `ProgramMissing`, `TemporalUnavailable`
 */
export async function openSelfContained(config: Config, needs: SessionNeeds): Promise<TemporalSession> {
  // Histories, plans and logs are nobody else's affair, whatever the umask is.
  await mkdir(config.stateFolder, { recursive: true, mode: 0o700 });
  let told: number | undefined;
  for (let waited = 0; ; waited += POLL_MS) {
    const lock = await tryLock(join(config.stateFolder, 'lock'), 'promoting');
    if ('release' in lock) return openOwn(config, needs, lock);
    const borrowed = await borrow(config, needs, lock);
    if (borrowed !== undefined) return borrowed;
    if (waited > LONGEST_START_MS) {
      throw new PromoterError(
        'StackFailed',
        `${config.stateFolder} is used by process ${lock.pid}, which does not get ready; end it, or name another folder with --state`,
      );
    }
    if (told !== lock.pid) needs.onNote(`${config.stateFolder} is used by process ${lock.pid}; waiting for it`);
    told = lock.pid;
    await delay(POLL_MS);
  }
}

async function borrow(config: Config, needs: SessionNeeds, holder: LockHolder): Promise<TemporalSession | undefined> {
  const record = await readServerRecord(config.stateFolder);
  if (record?.owner !== holder.pid || (needs.worker && !record.worker)) return undefined;
  const { address, ui } = record;
  try {
    const { client, close } = await connectClient({ address, connection: { address } }, config);
    return { client, address, server: 'borrowed', ...(ui === undefined ? {} : { ui }), broken: never(), close };
  } catch {
    // It is about to stop; the next turn finds the folder free.
    return undefined;
  }
}

async function openOwn(config: Config, needs: SessionNeeds, lock: FileLock): Promise<TemporalSession> {
  const closers: (() => Promise<void>)[] = [lock.release];
  const close = async (): Promise<void> => {
    for (let next = closers.pop(); next !== undefined; next = closers.pop()) await next();
  };
  try {
    // Making the workflow bundle takes as long as starting the server; they go side by side.
    const tracing = await openTracing(config.telemetry, 'promoter');
    const worker = needs.worker ? prepareWorker(config, tracing) : undefined;
    worker?.catch(() => undefined);
    const server = await keepServer({
      folder: config.stateFolder,
      namespace: config.namespace,
      ui: needs.ui === true,
      worker: needs.worker,
      onNote: needs.onNote,
    });
    closers.push(server.stop);
    const { address, ui } = server;
    const temporal = { address, connection: { address } };
    const connected = await connectClient(temporal, config, tracing);
    closers.push(connected.close);
    const running = await (await worker)?.({ ...config, temporal });
    // That a worker could not go on has been said through `broken`.
    if (running !== undefined) closers.push(() => running.stop().catch(() => undefined));
    if (running !== undefined && config.notifications.length > 0) {
      closers.push(() => awaitNotifications(connected.client));
    }
    const broken = Promise.race([server.broken, running?.done.then(never) ?? never()]);
    broken.catch(() => undefined);
    return { client: connected.client, address, server: 'own', ...(ui === undefined ? {} : { ui }), broken, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function prepareWorker(config: Config, tracing: Tracing | undefined) {
  const { startWorker } = await import('../worker/run.ts');
  const { loadWorkflows } = await import('../worker/workflow-bundle.ts');
  const { installRuntime } = await import('../telemetry/runtime.ts');
  // A failed attempt is part of the progress that people see; only what else goes wrong belongs in a log.
  installRuntime(config.logLevel ?? 'error', config.telemetry);
  const workflows = await loadWorkflows(config.telemetry);
  // Whoever waits at a terminal need not wait for copies that go on where they are when the command is given again.
  return (connected: Config) =>
    // Alone on a server of its own, it does all the work there is, and there are no versions to tell apart.
    startWorker(
      { ...connected, worker: { queues: 'all' } },
      { workflows, graceMs: 0, ...(tracing === undefined ? {} : { tracing }) },
    );
}
