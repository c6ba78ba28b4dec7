import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, PromoterError } from '../errors.ts';
import { isAlive, startOf } from '../stack/file-lock.ts';
import { startTemporal, type TemporalServer } from '../stack/temporal.ts';
import { writeWhole } from '../whole-file.ts';
import { SEARCH_ATTRIBUTES } from './search-attributes.ts';

/** What other promoters learn of the server in a state folder. */
export interface ServerRecord {
  readonly pid: number;
  readonly started: string | undefined;
  /** The promoter that started it. */
  readonly owner: number;
  readonly address: string;
  readonly ui?: string;
  /** Whether its owner also does work. */
  readonly worker: boolean;
}

/** A server that is started again when it ends by itself. */
export interface KeptServer {
  readonly address: string;
  readonly ui?: string;
  /** Rejects when it cannot be kept running. */
  readonly broken: Promise<never>;
  readonly stop: () => Promise<void>;
}

export interface KeptServerOptions {
  readonly folder: string;
  readonly namespace: string;
  readonly ui: boolean;
  readonly worker: boolean;
  readonly onNote: (note: string) => void;
}

const RESTARTS = 5;
const END_GRACE_MS = 5_000;

/**
 * Starts the Temporal server of a state folder, and again on the same port whenever it ends by itself, so that whoever is
 * connected goes on. The caller holds the folder's lock.
 *
 * @throws PromoterError `StackFailed`, `ProgramMissing`
 */
export async function keepServer(options: KeptServerOptions): Promise<KeptServer> {
  const { folder, onNote } = options;
  await endLeftServer(folder);
  let server = await start(options);
  let stopping = false;
  await writeRecord(server, options);
  const keep = async (): Promise<never> => {
    for (let restarts = 0; ; restarts++) {
      const { code, signal } = await server.exited;
      if (stopping) return new Promise<never>(() => undefined);
      const how = `the Temporal server ended with ${signal ?? `exit code ${code}`}`;
      if (restarts === RESTARTS) throw new PromoterError('StackFailed', `${how}, again; its log is ${server.logFile}`);
      onNote(`${how}; starting it again`);
      server = await start(options, server);
      await writeRecord(server, options);
    }
  };
  const broken = keep();
  broken.catch(() => undefined);
  const { address, uiUrl } = server;
  return {
    address,
    ...(uiUrl === undefined ? {} : { ui: uiUrl }),
    broken,
    stop: async () => {
      stopping = true;
      await server.stop();
      await rm(recordFile(folder), { force: true });
    },
  };
}

/** The record of the server that runs in a folder, if one does. */
export async function readServerRecord(folder: string): Promise<ServerRecord | undefined> {
  const text = await readFile(recordFile(folder), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as ServerRecord);
}

function start({ folder, namespace, ui }: KeptServerOptions, earlier?: TemporalServer): Promise<TemporalServer> {
  const uiPort = earlier?.uiUrl === undefined ? undefined : Number(new URL(earlier.uiUrl).port);
  return startTemporal({
    databaseFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
    namespace,
    searchAttributes: SEARCH_ATTRIBUTES,
    ...(earlier === undefined ? {} : { port: Number(earlier.address.split(':')[1]) }),
    ...(ui ? (uiPort === undefined ? {} : { uiPort }) : { uiPort: 'headless' as const }),
  });
}

/** A promoter that was killed may have left its server behind, which two servers on one database would not survive. */
async function endLeftServer(folder: string): Promise<void> {
  const record = await readServerRecord(folder);
  if (record === undefined) return;
  for (let waited = 0; await isAlive(record); waited += 50) {
    signalProcess(record.pid, waited < END_GRACE_MS ? 'SIGTERM' : 'SIGKILL');
    await delay(50);
  }
  await rm(recordFile(folder), { force: true });
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw new PromoterError(
      'StackFailed',
      `could not end the Temporal server ${pid} of a killed promoter: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

async function writeRecord(server: TemporalServer, { folder, worker }: KeptServerOptions): Promise<void> {
  const record: ServerRecord = {
    pid: server.pid,
    started: await startOf(server.pid),
    owner: process.pid,
    address: server.address,
    ...(server.uiUrl === undefined ? {} : { ui: server.uiUrl }),
    worker,
  };
  await writeWhole(recordFile(folder), JSON.stringify(record), { mode: 0o600 });
}

function recordFile(folder: string): string {
  return join(folder, 'server.json');
}
