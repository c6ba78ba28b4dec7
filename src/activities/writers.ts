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
}

export interface WritersInput {
  readonly hosts: readonly string[];
  /** The run waits for people, and renews its leases once a day. */
  readonly atRest?: boolean;
}

const HOSTS_AT_ONCE = 32;

/**
 * Makes the run that calls it the only one that may write to some hosts, or keeps it so for longer.
 *
 * @throws PromoterError `RunConflict` naming the run that is in the way; `TemporalUnavailable`
 */
export function createAcquireWriters({ writers }: ActivityDependencies) {
  return async function acquireWriters({ hosts, atRest = false }: WritersInput): Promise<void> {
    const { workflowId = '' } = activityInfo().workflowExecution ?? {};
    await withPulse(
      () => undefined,
      () => pMap(hosts, (host) => writers.acquireWriter(host, workflowId, atRest), { concurrency: HOSTS_AT_ONCE }),
    );
  };
}
