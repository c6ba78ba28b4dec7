import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { answers, type ProcessExit, startProcess } from './process.ts';
import { freePort } from './ports.ts';
import { type FindProgram, findProgram } from './programs.ts';

export interface RegistryOptions {
  /** What it is called in messages and in the names of its files. */
  readonly name: string;
  /** Holds its content, its configuration and its log; created when it is not there. */
  readonly directory: string;
  /** A free one by default. */
  readonly port?: number;
  /** `/metrics` answers there with what the registry counts, for Prometheus; nowhere by default. */
  readonly metricsPort?: number;
  /** Take an index whose children are not there, as some registries do. */
  readonly careless?: boolean;
  readonly findProgram?: FindProgram | undefined;
}

/** A registry of the CNCF distribution project on 127.0.0.1, over plain HTTP and without authentication. */
export interface RegistryServer {
  readonly name: string;
  /** `127.0.0.1:port`, as it stands in front of a repository's path. */
  readonly host: string;
  readonly pid: number;
  readonly logFile: string;
  readonly exited: Promise<ProcessExit>;
  readonly stop: () => Promise<void>;
  readonly kill: () => Promise<void>;
}

/**
 * Starts a registry that keeps its content in a folder.
 *
 * @throws PromoterError `ProgramMissing`, or `StackFailed` with the end of the registry's log
 */
export async function startRegistry(options: RegistryOptions): Promise<RegistryServer> {
  const { name, directory } = options;
  const program = await (options.findProgram ?? findProgram)('distribution');
  const host = `127.0.0.1:${options.port ?? (await freePort())}`;
  const configFile = join(directory, 'config.yaml');
  await mkdir(directory, { recursive: true });
  await writeFile(configFile, stringify(configuration(host, options)));
  const running = await startProcess({
    name: `the registry ${name}`,
    program,
    args: ['serve', configFile],
    // It would otherwise send traces to a collector on localhost, and log that there is none.
    env: { OTEL_TRACES_EXPORTER: 'none' },
    logFile: join(directory, 'registry.log'),
    ready: () => answers(`http://${host}/v2/`),
  });
  const { pid, logFile, exited, stop, kill } = running;
  return { name, host, pid, logFile, exited, stop, kill };
}

/** See https://distribution.github.io/distribution/about/configuration/. */
function configuration(host: string, { directory, metricsPort, careless = false }: RegistryOptions): object {
  const rootdirectory = join(directory, 'content');
  return {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory },
      delete: { enabled: true },
      cache: { blobdescriptor: 'inmemory' },
      maintenance: { uploadpurging: { enabled: false } },
    },
    ...(careless ? { validation: { manifests: { indexes: { platforms: 'none' } } } } : {}),
    // Signs the state of an upload; with one of its own making, a restarted registry would refuse uploads in progress.
    http: {
      addr: host,
      secret: 'development',
      ...(metricsPort === undefined
        ? {}
        : { debug: { addr: `127.0.0.1:${metricsPort}`, prometheus: { enabled: true, path: '/metrics' } } }),
    },
  };
}
