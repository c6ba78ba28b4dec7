import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../src/stack/programs.ts';
import { onFreePort } from '../../src/stack/ports.ts';
import { answers, startProcess } from '../../src/stack/process.ts';
import { startRegistry } from '../../src/stack/registries.ts';

/** A real registry of its own for one test file. */
export interface TestRegistry {
  readonly host: string;
  /** With `http://`. */
  readonly url: URL;
  /** Where it keeps everything, if it does so in files. */
  readonly directory: string;
  /** Ends it and deletes what it holds. */
  stop(): Promise<void>;
}

/** A registry that can be killed. */
export interface MortalRegistry extends TestRegistry {
  /** Where it keeps a repository. */
  folderOf(repository: string): string;
  /** Kills it and starts it again on the same port, with what it holds. */
  crash(): Promise<void>;
}

export interface DistributionOptions {
  /** Take an index whose children are not there. */
  readonly careless?: boolean;
}

/** Starts the CNCF distribution registry, empty. */
export async function startDistribution({ careless = false }: DistributionOptions = {}): Promise<MortalRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'distribution-'));
  const options = { name: 'of the test', directory, careless };
  let server = await startRegistry(options);
  const port = Number(server.host.split(':')[1]);
  return {
    ...testRegistry(server.host, directory, () => server.stop()),
    folderOf: (repository) => join(directory, 'content/docker/registry/v2/repositories', repository),
    async crash() {
      await server.kill();
      server = await startRegistry({ ...options, port });
    },
  };
}

/** Starts go-containerregistry's registry, empty; it keeps everything in memory, and writes locations without host. */
export async function startGgcr(): Promise<TestRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'ggcr-registry-'));
  const program = await findProgram('ggcr-registry');
  const { host, stop } = await onFreePort(undefined, async (port) => {
    const host = `127.0.0.1:${port}`;
    const server = await startProcess({
      name: 'go-containerregistry’s registry',
      program,
      args: ['-port', String(port)],
      logFile: join(directory, 'registry.log'),
      ready: () => answers(`http://${host}/v2/`),
    });
    return { host, stop: server.stop };
  });
  return testRegistry(host, directory, stop);
}

function testRegistry(host: string, directory: string, stop: () => Promise<void>): TestRegistry {
  return {
    host,
    url: new URL(`http://${host}`),
    directory,
    async stop() {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
