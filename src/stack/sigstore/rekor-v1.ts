import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { postgresUri, startPostgres } from './postgres.ts';
import { type Service, type ServiceOptions, startInOrder, startProgram } from './service.ts';
import { readTrillianSchema, startTrillian } from './trillian.ts';

export interface RekorV1Options extends ServiceOptions {
  readonly port: number;
  readonly postgresPort: number;
  readonly logServerPort: number;
  readonly logSignerPort: number;
}

/**
 * Starts the transparency log Rekor v1 with all it stands on: PostgreSQL and Trillian.
 *
 * Its metrics, on port 2112 where that is free, are the one thing that it does not let us bind to the loopback address.
 */
export async function startRekorV1(options: RekorV1Options): Promise<Service> {
  const { postgresPort } = options;
  const directory = join(options.directory, 'rekor-v1');
  await mkdir(directory, { recursive: true });
  return startInOrder([
    () => startPostgres({ directory, port: postgresPort, readSchema: readTrillianSchema }),
    () => startTrillian({ ...options, directory, databaseUri: postgresUri(postgresPort) }),
    () => startServer({ ...options, directory }),
  ]);
}

/** The server makes a tree when it is given none; the next start then goes on with that one. */
async function startServer(options: RekorV1Options): Promise<Service> {
  const { credentials, logServerPort, port } = options;
  const treeFile = join(options.directory, 'tree');
  const tree = await readTree(treeFile);
  return startProgram({
    name: 'Rekor v1',
    program: await options.findProgram('rekor-server'),
    args: [
      'serve',
      '--rekor_server.address=127.0.0.1',
      `--port=${port}`,
      '--rekor_server.hostname=127.0.0.1',
      `--rekor_server.signer=${credentials.keyFile('rekor-v1')}`,
      '--trillian_log_server.address=127.0.0.1',
      `--trillian_log_server.port=${logServerPort}`,
      ...(tree === undefined ? [] : [`--trillian_log_server.tlog_id=${tree}`]),
      // The index by artifact needs Redis, and nothing here looks entries up.
      '--enable_retrieve_api=false',
      '--log_type=prod',
    ],
    logFile: join(options.directory, 'rekor-v1.log'),
    ready: () => keepTree(`http://127.0.0.1:${port}/api/v1/log`, treeFile),
  });
}

async function readTree(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function keepTree(logUrl: string, file: string): Promise<boolean> {
  const response = await fetch(logUrl);
  const { treeID } = (await response.json()) as { readonly treeID?: string };
  if (treeID === undefined) return false;
  await writeFile(file, treeID);
  return true;
}
