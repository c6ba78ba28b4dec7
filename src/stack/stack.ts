import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PromoterError } from '../errors.ts';
import { writeWhole } from '../whole-file.ts';
import { type FileLock, tryLock } from './file-lock.ts';
import { onFreePort } from './ports.ts';
import type { ProcessExit } from './process.ts';
import { type FindProgram, findProgram } from './programs.ts';
import { type RegistryServer, startRegistry } from './registries.ts';
import { type SigstoreDescription, type SigstoreStack, startSigstore } from './sigstore/sigstore.ts';
import type { StackConfig } from './stack-config.ts';
import { startTemporal, type TemporalServer } from './temporal.ts';

/** What `stack.json` holds: everything that another program needs to use the stack. */
export interface StackDescription {
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string | undefined };
  /** `host:port` of each registry, by what it is for. */
  readonly registries: {
    readonly staging: string;
    readonly canonical: string;
    readonly mirrors: readonly string[];
    /** The name under which users would pull from the canonical registry and the mirrors. */
    readonly publicName: string;
  };
  /** The plan store's folder. */
  readonly planStore: string;
  /** Absent when `temporal-dev.yaml` turns Sigstore off. */
  readonly sigstore: SigstoreDescription | undefined;
  readonly processes: readonly StackProcess[];
}

export interface StackProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
}

/** A development stack that runs. */
export interface Stack extends StackDescription {
  readonly stateDirectory: string;
  /** The `stack.json` that holds the description for as long as the stack runs. */
  readonly file: string;
  /** Resolves with the process that ends first, wanted or not. */
  readonly firstExit: Promise<{ readonly process: StackProcess; readonly exit: ProcessExit }>;
  /** Stops everything, Temporal last; resolves when nothing is left. */
  readonly stop: () => Promise<void>;
}

export interface StackOptions {
  /** Holds data, logs and `stack.json`; created when it is not there. */
  readonly stateDirectory: string;
  /** `preferred` takes the ports of the configuration where they are free; `free` never does. */
  readonly ports: 'preferred' | 'free';
  /** Told what has started, a line at a time. */
  readonly onProgress?: (line: string) => void;
  readonly findProgram?: FindProgram | undefined;
}

interface Part {
  readonly stop: () => Promise<void>;
}

/**
 * Starts Temporal, the registries and Sigstore side by side and writes `stack.json`. Should one not start, none is left.
 *
 * @throws PromoterError `ProgramMissing`, or `StackFailed` with the end of a log, or when another stack uses the folder
 */
export async function startStack(config: StackConfig, options: StackOptions): Promise<Stack> {
  const stateDirectory = resolve(options.stateDirectory);
  const lock = await lockFolder(stateDirectory);
  try {
    return await start(config, { ...options, stateDirectory }, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function start(config: StackConfig, options: StackOptions, lock: FileLock): Promise<Stack> {
  const { stateDirectory } = options;
  // One after the other, so that of several programs that have to be built each is reported alone.
  for (const name of ['temporal', 'distribution']) await (options.findProgram ?? findProgram)(name);

  const temporalStart = startConfiguredTemporal(config, options);
  const sigstoreStart = startConfiguredSigstore(config, options);
  const stagingStart = startConfiguredRegistry('staging', config.registries.staging, options);
  const canonicalStart = startConfiguredRegistry('canonical', config.registries.canonical, options);
  const mirrorStarts = config.registries.mirrors.map((port, index) =>
    startConfiguredRegistry(`mirror-${index + 1}`, port, options),
  );
  await allOrNone([temporalStart, sigstoreStart, stagingStart, canonicalStart, ...mirrorStarts]);
  const temporal = await temporalStart;
  const sigstore = await sigstoreStart;
  const [staging, canonical, mirrors] = [await stagingStart, await canonicalStart, await Promise.all(mirrorStarts)];
  const processes = [temporal, staging, canonical, ...mirrors, ...(sigstore?.processes ?? [])];

  const description: StackDescription = {
    temporal: { address: temporal.address, namespace: temporal.namespace, uiUrl: temporal.uiUrl },
    registries: {
      staging: staging.host,
      canonical: canonical.host,
      mirrors: mirrors.map(({ host }) => host),
      publicName: config.registries.publicName,
    },
    planStore: join(stateDirectory, config.planStore),
    sigstore: sigstore === undefined ? undefined : withoutProcesses(sigstore),
    processes: processes.map(({ name, pid, logFile }) => ({ name, pid, logFile })),
  };
  const file = join(stateDirectory, 'stack.json');
  await writeWhole(file, `${JSON.stringify(description, undefined, 2)}\n`);
  return {
    ...description,
    stateDirectory,
    file,
    firstExit: Promise.race(processes.map(async (process) => ({ process, exit: await process.exited }))),
    stop: async () => {
      await rm(file, { force: true });
      await Promise.all([staging, canonical, ...mirrors, sigstore].map(async (part) => part?.stop()));
      await temporal.stop();
      await lock.release();
    },
  };
}

async function startConfiguredTemporal(
  config: StackConfig,
  options: StackOptions,
): Promise<TemporalServer & { readonly name: string }> {
  const { port, uiPort, ...settings } = config.temporal;
  const folder = join(options.stateDirectory, 'temporal');
  const server = await onFreePort(wanted(port, options), (port) => {
    const startWith = (uiPort: number | 'headless'): Promise<TemporalServer> =>
      startTemporal({
        ...settings,
        port,
        uiPort,
        databaseFile: join(folder, 'temporal.db'),
        logFile: join(folder, 'temporal.log'),
        findProgram: options.findProgram,
      });
    return uiPort === 'headless' ? startWith(uiPort) : onFreePort(wanted(uiPort, options), startWith);
  });
  options.onProgress?.(`Temporal answers at ${server.address}`);
  return { ...server, name: 'temporal' };
}

async function startConfiguredRegistry(name: string, port: number, options: StackOptions): Promise<RegistryServer> {
  const directory = join(options.stateDirectory, 'registries', name);
  const server = await onFreePort(wanted(port, options), (port) =>
    startRegistry({ name, directory, port, findProgram: options.findProgram }),
  );
  options.onProgress?.(`registry ${name} answers at ${server.host}`);
  return server;
}

async function startConfiguredSigstore(config: StackConfig, options: StackOptions): Promise<SigstoreStack | undefined> {
  const { profile } = config.sigstore;
  if (profile === 'off') return undefined;
  const { findProgram, onProgress } = options;
  return startSigstore({
    profile,
    directory: join(options.stateDirectory, 'sigstore'),
    ...(findProgram === undefined ? {} : { findProgram }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

function withoutProcesses({ processes: _processes, stop: _stop, ...description }: SigstoreStack): SigstoreDescription {
  return description;
}

function wanted(port: number, { ports }: StackOptions): number | undefined {
  return ports === 'preferred' ? port : undefined;
}

async function allOrNone(starts: readonly Promise<Part | undefined>[]): Promise<void> {
  const outcomes = await Promise.allSettled(starts);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure === undefined) return;
  await Promise.all(
    outcomes.map(async (outcome) => (outcome.status === 'fulfilled' ? outcome.value?.stop() : undefined)),
  );
  throw failure.reason;
}

async function lockFolder(folder: string): Promise<FileLock> {
  const outcome = await tryLock(join(folder, '.lock'), 'running a development stack');
  if ('release' in outcome) return outcome;
  throw new PromoterError(
    'StackFailed',
    `${folder} is in use: process ${outcome.pid} is ${outcome.purpose} there; stop it, or name another folder with --state`,
  );
}
