import { activityInfo } from '@temporalio/activity';
import pMap from 'p-map';
import type { ActivityDependencies } from './dependencies.ts';
import { withPulse } from './pulse.ts';

/** Who lets one run at a time write to a registry host. */
export interface WriterLeases {
  /**
   * Makes a run the only one that may write to a host, or keeps it so for longer.
   *
   * @param atRest it waits for people, and will come back late
   * @throws PromoterError `RunConflict` when another run is writing there; `TemporalUnavailable`
   */
  acquireWriter(host: string, workflowId: string, atRest: boolean): Promise<void>;
  /** Lets others write to a host again, if it is the run's. @throws ServiceError */
  releaseWriter(host: string, workflowId: string): Promise<void>;
}

const HOSTS_AT_ONCE = 32;

/** What a run is to write to. */
export interface WritersInput {
  readonly hosts: readonly string[];
  /** The run waits for people, and renews its leases once a day. */
  readonly atRest?: boolean;
}

/**
 * Makes the run that calls it the only one that may write to some hosts, or keeps it so for longer.
 *
 * @throws PromoterError `RunConflict` naming the run that is in the way; `TemporalUnavailable`
 */
export function createAcquireWriters({ writers }: Pick<ActivityDependencies, 'writers'>) {
  return function acquireWriters({ hosts, atRest = false }: WritersInput): Promise<void> {
    return ofEach(hosts, (host, workflowId) => writers.acquireWriter(host, workflowId, atRest));
  };
}

/** Gives back what the run that calls it has acquired. @throws ServiceError */
export function createReleaseWriters({ writers }: Pick<ActivityDependencies, 'writers'>) {
  return function releaseWriters({ hosts }: WritersInput): Promise<void> {
    return ofEach(hosts, (host, workflowId) => writers.releaseWriter(host, workflowId));
  };
}

async function ofEach(
  hosts: readonly string[],
  call: (host: string, workflowId: string) => Promise<void>,
): Promise<void> {
  const { workflowId = '' } = activityInfo().workflowExecution ?? {};
  await withPulse(
    () => undefined,
    () => pMap(hosts, (host) => call(host, workflowId), { concurrency: HOSTS_AT_ONCE }),
  );
}
