import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { stringify } from 'yaml';
import { freePort } from '../../src/stack/ports.ts';
import { type RunningProcess, startProcess } from '../../src/stack/process.ts';
import { findProgram } from '../../src/stack/programs.ts';
import { startPostgres } from '../../src/stack/sigstore/postgres.ts';
import { waitFor } from './waiting.ts';

/** Temporal's server as production runs it, with its tables in PostgreSQL. */
export interface PostgresTemporal {
  readonly address: string;
  /** Ends the server at once; its database stays. */
  kill(): Promise<void>;
  /** Starts it again where it was. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const SERVICES = ['frontend', 'history', 'matching', 'worker'] as const;
const STORES = { temporal: 'temporal', temporal_visibility: 'visibility' } as const;
/** The server reads these once a minute and once every ten seconds, which is nothing to wait for in a test. */
const PATIENCE = {
  'system.namespaceCacheRefreshInterval': [{ value: '1s' }],
  'system.forceSearchAttributesCacheRefreshOnRead': [{ value: true }],
};

/** Makes the database and starts both; the namespace `default` is there. */
export async function startPostgresTemporal(directory: string): Promise<PostgresTemporal> {
  const database = await freePort();
  const postgres = await startPostgres({ directory, port: database, readSchema: async () => '' });
  await makeTables(database);
  const address = await writeConfiguration(directory, database);
  const program = await findProgram('temporal-server');
  let server: RunningProcess;
  const start = async (): Promise<void> => {
    server = await startProcess({
      name: 'Temporal’s server',
      program,
      args: ['--root', directory, '--config', 'config', '--env', 'test', '--allow-no-auth', 'start'],
      logFile: join(directory, 'temporal-server.log'),
      ready: () => isServing(address),
    });
  };
  await start();
  await makeNamespace(address);
  return {
    address,
    start,
    kill: () => server.kill(),
    async stop() {
      await server.stop();
      await postgres.stop();
    },
  };
}

async function makeTables(port: number): Promise<void> {
  const program = await findProgram('temporal-sql-tool');
  for (const [database, schema] of Object.entries(STORES)) {
    const where = ['--plugin', 'postgres12', '--port', `${port}`, '--user', 'postgres', '--database', database];
    const run = (...args: readonly string[]) => promisify(execFile)(program, [...where, '--password', 'any', ...args]);
    await run('create-database');
    await run('setup-schema', '--version', '0.0');
    await run('update-schema', '--schema-name', `postgresql/v12/${schema}`);
  }
}

/** @returns the address of the frontend */
async function writeConfiguration(directory: string, database: number): Promise<string> {
  const ports: number[] = [];
  while (ports.length < 2 * SERVICES.length) ports.push(await freePort());
  const store = (databaseName: string) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: `127.0.0.1:${database}`,
      connectProtocol: 'tcp',
      user: 'postgres',
      password: 'any',
      maxConns: 20,
      maxIdleConns: 20,
    },
  });
  const address = `127.0.0.1:${ports[0]}`;
  const config = {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: 4,
      datastores: { default: store('temporal'), visibility: store('temporal_visibility') },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: Object.fromEntries(
      SERVICES.map((name, at) => [
        name,
        { rpc: { grpcPort: ports[2 * at], membershipPort: ports[2 * at + 1], bindOnLocalHost: true } },
      ]),
    ),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: address },
      },
    },
    publicClient: { hostPort: address },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: { filepath: join(directory, 'config', 'dynamic.yaml'), pollInterval: '10s' },
  };
  await mkdir(join(directory, 'config'), { recursive: true });
  await writeFile(join(directory, 'config', 'dynamic.yaml'), stringify(PATIENCE));
  await writeFile(join(directory, 'config', 'test.yaml'), stringify(config));
  return address;
}

async function isServing(address: string): Promise<boolean> {
  return connected(address, async ({ workflowService }) => {
    await workflowService.listNamespaces({});
    return true;
  });
}

async function makeNamespace(address: string): Promise<void> {
  await connected(address, async ({ workflowService }) => {
    const workflowExecutionRetentionPeriod = { seconds: 86_400 as never };
    await workflowService.registerNamespace({ namespace: 'default', workflowExecutionRetentionPeriod });
    // Each of the services learns of it by itself.
    const request = { namespace: 'default', query: '' };
    await waitFor(() =>
      workflowService.listWorkflowExecutions(request).then(
        () => true,
        () => false,
      ),
    );
  });
}

async function connected<T>(address: string, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: '2 seconds' });
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}
