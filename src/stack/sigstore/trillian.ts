import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, PromoterError } from '../../errors.ts';
import { readProgramList } from '../program-list.ts';
import { type Service, type ServiceOptions, startProgram, startTogether } from './service.ts';

const run = promisify(execFile);

const MODULE = 'github.com/google/trillian';
const SCHEMA = 'storage/postgresql/schema/storage.sql';

export interface TrillianOptions extends ServiceOptions {
  readonly logServerPort: number;
  readonly logSignerPort: number;
  readonly databaseUri: string;
}

/** Starts the two programs that keep a Merkle tree in PostgreSQL: one takes entries, the other puts them in sequence. */
export function startTrillian(options: TrillianOptions): Promise<Service> {
  const sequencing = ['--force_master', '--sequencer_interval=50ms', '--batch_size=500'];
  return startTogether([
    startPart('log-server', options.logServerPort, [], options),
    startPart('log-signer', options.logSignerPort, sequencing, options),
  ]);
}

async function startPart(
  name: string,
  port: number,
  args: readonly string[],
  { databaseUri, directory, findProgram }: TrillianOptions,
): Promise<Service> {
  const service = await startProgram({
    name: `the Trillian ${name}`,
    program: await findProgram(`trillian-${name}`),
    args: [
      '--logtostderr',
      '--storage_system=postgresql',
      `--postgresql_uri=${databaseUri}`,
      '--quota_system=noop',
      `--rpc_endpoint=127.0.0.1:${port}`,
      '--http_endpoint=',
      ...args,
    ],
    logFile: join(directory, `trillian-${name}.log`),
    ready: () => isListening(port),
  });
  // When asked to end, one lets five seconds pass and the other may never do so. Nobody uses them any more when they are
  // stopped, and what they have committed is safe in the database.
  return { ...service, stop: () => killAll(service) };
}

async function killAll({ processes }: Service): Promise<void> {
  await Promise.all(processes.map((process) => process.kill()));
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * The statements that create Trillian's tables, from its sources in the version that is pinned; Go has them in its cache
 * where it built the programs.
 *
 * @throws PromoterError `ProgramMissing` when Go cannot get them
 */
export async function readTrillianSchema(): Promise<string> {
  const { programs } = await readProgramList();
  const version = programs.find(({ package: path }) => path.startsWith(`${MODULE}/`))?.version;
  const module = `${MODULE}@${version}`;
  try {
    const { stdout } = await run('go', ['mod', 'download', '-json', module]);
    const { Dir: folder } = JSON.parse(stdout) as { readonly Dir: string };
    return await readFile(join(folder, SCHEMA), 'utf8');
  } catch (error) {
    throw new PromoterError(
      'ProgramMissing',
      `the tables that Rekor v1 needs are part of ${module}, and 'go mod download' did not get it: ${messageOf(error)}; install Go (https://go.dev/dl), or use the profile light`,
      { cause: error },
    );
  }
}
