import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { messageOf, PromoterError } from '../../errors.ts';
import { type Command, notAsRoot } from './isolation.ts';
import { findPostgresFolder } from './postgres-programs.ts';
import { type Service, startProgram } from './service.ts';

const run = promisify(execFile);

/** The line of `postmaster.pid` that says how far the server has come; LOCK_FILE_LINE_PM_STATUS in PostgreSQL. */
const STATUS_LINE = 8;
/** Longer than the programs of a stack that was killed are given to end. */
const PREDECESSOR_TIMEOUT_MS = 10_000;
const POLL_MS = 25;
/** What can be lost when the machine loses power is a development log. */
const WITHOUT_DISK_SYNC = ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'];

export interface PostgresOptions {
  /** Exists, and holds the data folder and the log. */
  readonly directory: string;
  readonly port: number;
  /** Asked, when the data folder is made, for the statements that create the tables. */
  readonly readSchema: () => Promise<string>;
}

/** Where the tables are: PostgreSQL's own database and user, with nobody else in them. */
export function postgresUri(port: number): string {
  return `postgresql://postgres@127.0.0.1:${port}/postgres?sslmode=disable`;
}

/**
 * Starts PostgreSQL on a data folder that is made, tables included, on first use.
 *
 * @throws PromoterError `ProgramMissing` where there is none, `StackFailed` with what it said
 */
export async function startPostgres(options: PostgresOptions): Promise<Service> {
  const { directory, port } = options;
  const programs = await findPostgresFolder();
  const data = join(directory, 'postgres');
  if (!existsSync(data)) await createData(programs, data, await options.readSchema());
  const pidFile = join(data, 'postmaster.pid');
  await predecessorEnds(pidFile);
  const began = Date.now();
  return startProgram({
    name: 'PostgreSQL',
    ...notAsRoot({
      program: join(programs, 'postgres'),
      args: ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', '', ...WITHOUT_DISK_SYNC],
    }),
    logFile: join(directory, 'postgres.log'),
    ready: () => acceptsConnections(pidFile, began),
  });
}

async function createData(programs: string, data: string, schema: string): Promise<void> {
  const unfinished = `${data}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await execute({
    program: join(programs, 'initdb'),
    args: ['-D', unfinished, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'],
  });
  // Single-user mode needs neither a port nor a client. With -j a statement ends at a semicolon and an empty line, so
  // that the schema, functions and all, is one without its empty lines.
  await execute(
    {
      program: join(programs, 'postgres'),
      args: ['--single', '-j', '-D', unfinished, ...WITHOUT_DISK_SYNC, '-c', 'exit_on_error=on', 'postgres'],
    },
    schema.replaceAll(/\n\s*\n/g, '\n'),
  );
  await rename(unfinished, data);
}

async function execute(command: Command, input = ''): Promise<void> {
  const { program, args } = notAsRoot(command);
  try {
    const running = run(program, [...args]);
    running.child.stdin?.end(input);
    await running;
  } catch (error) {
    throw new PromoterError('StackFailed', `PostgreSQL could not make its data folder: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** A server whose stack was killed ends with its last client, and until then lets no other into its folder. */
async function predecessorEnds(pidFile: string): Promise<void> {
  const deadline = Date.now() + PREDECESSOR_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const [pid = ''] = (await readFile(pidFile, 'utf8').catch(() => '')).split('\n');
    if (pid === '' || !exists(Number(pid))) return;
    await delay(POLL_MS);
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function acceptsConnections(pidFile: string, began: number): Promise<boolean> {
  // A server that was killed leaves its file, which says that it is ready.
  if ((await stat(pidFile)).mtimeMs < began) return false;
  const lines = (await readFile(pidFile, 'utf8')).split('\n');
  return lines[STATUS_LINE - 1]?.trim() === 'ready';
}
