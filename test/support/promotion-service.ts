import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { bundleBytes } from '../../src/manifest/bundle.ts';
import { readBundle } from '../../src/manifest/bundle-reader.ts';
import { openFolderStore } from '../../src/plan/folder-store.ts';
import { packageRoot } from '../../src/stack/program-list.ts';
import { startProcess, type RunningProcess } from '../../src/stack/process.ts';
import { startTemporal, type TemporalServer } from '../../src/stack/temporal.ts';

/** A Temporal server with its database in a folder, and a worker in a process of its own. */
export interface PromotionService {
  server: TemporalServer;
  worker: RunningProcess;
  readonly client: Client;
  /** The environment that points workers and commands here. */
  readonly environment: Readonly<Record<string, string>>;
  /** Uploads the thin manifests of a directory to the plan store; their digest. */
  upload(directory: string): Promise<string>;
  /** Starts another one, of this version. @param environment in place of what the first one has */
  startWorker(environment?: Readonly<Record<string, string>>): Promise<RunningProcess>;
  startServer(port?: number): Promise<TemporalServer>;
  stop(): Promise<void>;
}

/** What runs are found by, as `temporal server start-dev` is told. */
export const SEARCH_ATTRIBUTES = {
  PromoterState: 'Keyword',
  PromoterPhase: 'Keyword',
  PromoterDestinations: 'KeywordList',
  PromoterCommit: 'Keyword',
} as const;

export interface ServiceOptions {
  /** Where database, plan store and logs go. */
  readonly directory: string;
  readonly ui?: boolean;
  /** For the worker: where Sigstore is, say. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The program of the first worker, where it is of another version. */
  readonly workerFile?: string;
}

/** Starts both. */
export async function startPromotionService(options: ServiceOptions): Promise<PromotionService> {
  const { directory } = options;
  const planStore = join(directory, 'plans');
  const startServer = (port?: number): Promise<TemporalServer> =>
    startTemporal({
      databaseFile: join(directory, 'temporal.db'),
      logFile: join(directory, 'temporal.log'),
      ...(options.ui === true ? {} : { uiPort: 'headless' as const }),
      searchAttributes: SEARCH_ATTRIBUTES,
      ...(port === undefined ? {} : { port }),
    });
  const server = await startServer();
  const environment = {
    TEMPORAL_ADDRESS: server.address,
    PROMOTER_PLAN_STORE: planStore,
    ...(server.uiUrl === undefined ? {} : { TEMPORAL_UI_ADDRESS: server.uiUrl }),
    ...options.environment,
  };
  const startWorker = (
    more: Readonly<Record<string, string>> = {},
    file = join(packageRoot(), 'worker.ts'),
  ): Promise<RunningProcess> =>
    startProcess({
      name: 'the worker',
      program: process.execPath,
      args: [file],
      env: { ...environment, ...more },
      logFile: join(directory, 'worker.log'),
      ready: async () => true,
    });
  const connection = await Connection.connect({ address: server.address });
  const service: PromotionService = {
    server,
    worker: await startWorker({}, options.workerFile),
    client: new Client({ connection }),
    environment,
    startWorker: (more) => startWorker(more),
    startServer,
    async upload(folder) {
      const { bundle } = await readBundle({ kind: 'thin', directory: folder });
      return (await openFolderStore(planStore)).put(bundleBytes(bundle));
    },
    async stop() {
      await connection.close();
      await service.worker.stop();
      await service.server.stop();
    },
  };
  return service;
}
