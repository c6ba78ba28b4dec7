import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Connection } from '@temporalio/client';
import { type ProcessExit, startProcess } from './process.ts';
import { freePort } from './ports.ts';
import { type FindProgram, findProgram } from './programs.ts';

/** The types of search attributes that `temporal server start-dev --search-attribute` takes. */
export const SEARCH_ATTRIBUTE_TYPES = ['Text', 'Keyword', 'Int', 'Double', 'Bool', 'Datetime', 'KeywordList'] as const;
export type SearchAttributeType = (typeof SEARCH_ATTRIBUTE_TYPES)[number];

export interface TemporalOptions {
  /** The server's SQLite file; what is in it survives the server, however that ends. */
  readonly databaseFile: string;
  /** The file that receives the server's output. */
  readonly logFile: string;
  /** `default` by default; created when it is not there. */
  readonly namespace?: string;
  /** A free one by default. */
  readonly port?: number;
  /** A free one by default; `headless` for a server without UI. */
  readonly uiPort?: number | 'headless';
  readonly searchAttributes?: Readonly<Record<string, SearchAttributeType>>;
  /** Server settings as `temporal server start-dev --dynamic-config-value` takes them. */
  readonly dynamicConfig?: Readonly<Record<string, boolean | number | string>>;
  readonly findProgram?: FindProgram | undefined;
}

/** A development server on 127.0.0.1. */
export interface TemporalServer {
  /** `127.0.0.1:port`, as `TEMPORAL_ADDRESS` takes it. */
  readonly address: string;
  readonly namespace: string;
  /** Where the UI is, unless the server is headless. */
  readonly uiUrl: string | undefined;
  readonly pid: number;
  readonly logFile: string;
  readonly exited: Promise<ProcessExit>;
  readonly stop: () => Promise<void>;
  readonly kill: () => Promise<void>;
}

/**
 * Starts Temporal's development server and waits until it knows the search attributes, which it registers after it has
 * begun to answer; a workflow that sets an unknown one would seem to hang.
 *
 * @throws PromoterError `ProgramMissing`, or `StackFailed` with the end of the server's log
 */
export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const { databaseFile, logFile, namespace = 'default', uiPort } = options;
  const attributes = Object.keys(options.searchAttributes ?? {});
  const program = await (options.findProgram ?? findProgram)('temporal');
  const port = options.port ?? (await freePort());
  const ui = uiPort === 'headless' ? undefined : (uiPort ?? (await freePort()));
  const address = `127.0.0.1:${port}`;
  await mkdir(dirname(databaseFile), { recursive: true, mode: 0o700 });
  const running = await startProcess({
    name: 'the Temporal server',
    program,
    args: startArguments(options, port, ui),
    logFile,
    ready: () => knowsAttributes(address, namespace, attributes),
  });
  await closeToOthers(databaseFile);
  return {
    address,
    namespace,
    uiUrl: ui === undefined ? undefined : `http://127.0.0.1:${ui}`,
    pid: running.pid,
    logFile,
    exited: running.exited,
    stop: running.stop,
    kill: running.kill,
  };
}

/** The server writes its database as the umask lets it, and histories are nobody else's affair. */
async function closeToOthers(databaseFile: string): Promise<void> {
  for (const file of [databaseFile, `${databaseFile}-wal`, `${databaseFile}-shm`]) {
    await chmod(file, 0o600).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

function startArguments(options: TemporalOptions, port: number, uiPort: number | undefined): string[] {
  const { databaseFile, namespace = 'default', searchAttributes = {}, dynamicConfig = {} } = options;
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--db-filename', databaseFile];
  args.push('--namespace', namespace, '--log-level', 'warn');
  if (uiPort === undefined) args.push('--headless');
  else args.push('--ui-port', String(uiPort));
  for (const [name, type] of Object.entries(searchAttributes)) args.push('--search-attribute', `${name}=${type}`);
  for (const [key, value] of Object.entries(dynamicConfig)) {
    args.push('--dynamic-config-value', `${key}=${JSON.stringify(value)}`);
  }
  return args;
}

async function knowsAttributes(address: string, namespace: string, names: readonly string[]): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 1000 });
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return names.every((name) => customAttributes?.[name] !== undefined);
  } finally {
    await connection.close();
  }
}
