import { type ProcessOptions, type RunningProcess, startProcess } from '../process.ts';
import type { FindProgram } from '../programs.ts';
import type { Credentials } from './credentials.ts';

/** Something that runs until it is stopped: programs, or a server inside this process. */
export interface Service {
  readonly processes: readonly RunningProcess[];
  /** Resolves when nothing of it is left. */
  readonly stop: () => Promise<void>;
}

/** What every service of the stack needs. */
export interface ServiceOptions {
  readonly findProgram: FindProgram;
  /** Exists, and holds what the service keeps and the logs of its programs. */
  readonly directory: string;
  readonly credentials: Credentials;
}

/** Starts services side by side and stops them side by side; should one not start, the others are stopped again. */
export async function startTogether(starts: readonly Promise<Service>[]): Promise<Service> {
  const outcomes = await Promise.allSettled(starts);
  const services = outcomes.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value);
  const together: Service = {
    processes: services.flatMap(({ processes }) => processes),
    stop: async () => {
      await Promise.all(services.map((service) => service.stop()));
    },
  };
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure === undefined) return together;
  await together.stop();
  throw failure.reason;
}

/** Starts services one after the other, each needing those before it, and stops them in the opposite order. */
export async function startInOrder(starts: readonly (() => Promise<Service>)[]): Promise<Service> {
  const services: Service[] = [];
  const stop = async (): Promise<void> => {
    for (const service of services.toReversed()) await service.stop();
  };
  try {
    for (const start of starts) services.push(await start());
  } catch (error) {
    await stop();
    throw error;
  }
  return { processes: services.flatMap(({ processes }) => processes), stop };
}

/** Starts a service that is one program. */
export async function startProgram(options: ProcessOptions): Promise<Service> {
  const running = await startProcess(options);
  return { processes: [running], stop: running.stop };
}
