import {
  ActivityFailure,
  ApplicationFailure,
  type CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { budgetId, releaseWriter } from './budget-messages.ts';
import { activitiesOf, policyOf } from './policies.ts';

/** A run's right to be the only one that writes to its hosts. */
export interface WriterLeases {
  /** @throws ActivityFailure `RunConflict` when another run writes to one of them */
  acquire(hosts: readonly string[]): Promise<void>;
  /** Acquires one host more. @throws ActivityFailure `RunConflict` when another run writes to it */
  extend(host: string): Promise<void>;
  /** Keeps what this run, or the one that it continues, has acquired. */
  keep(hosts: readonly string[], from: 'acquired' | 'continued'): void;
  /** Which run took over while this one was too long away to renew its leases. */
  lost(): string | undefined;
  /** Gives everything back; whoever comes next takes it from a run that has ended anyway. */
  release(): Promise<void>;
}

/** A third of what a lease lasts. */
const RENEWAL = '5 minutes';

/** @param scope cancelled when a lease is lost: two runs must not write to one host */
export function createWriterLeases(scope: CancellationScope): WriterLeases {
  let kept: readonly string[] = [];
  let lost: string | undefined;
  const ask = (hosts: readonly string[]): Promise<void> =>
    activitiesOf(policyOf('setup'), `be the only writer on ${hosts.length} hosts`).acquireWriters({ hosts });

  async function renew(): Promise<void> {
    try {
      await ask(kept);
    } catch (error) {
      lost = conflictOf(error);
      if (lost !== undefined) scope.cancel();
      // Anything else may pass before the leases end.
      else if (isCancellation(error)) throw error;
    }
  }

  async function renewAgainAndAgain(from: 'acquired' | 'continued'): Promise<void> {
    if (from === 'continued') await renew();
    while (lost === undefined) {
      await sleep(RENEWAL, { summary: 'until the writer leases are renewed' });
      await renew();
    }
  }

  return {
    async acquire(hosts) {
      kept = hosts;
      await ask(hosts);
    },
    async extend(host) {
      await ask([host]);
      kept = [...new Set([...kept, host])];
    },
    keep(hosts, from) {
      kept = hosts;
      // It ends when the run does, which cancels what it waits for.
      renewAgainAndAgain(from).catch(() => undefined);
    },
    lost: () => lost,
    async release() {
      const { workflowId } = workflowInfo();
      await Promise.all(
        kept.map((host) =>
          getExternalWorkflowHandle(budgetId(host))
            .signal(releaseWriter, { workflowId })
            // A budget that has ended holds nothing.
            .catch(() => undefined),
        ),
      );
    },
  };
}

function conflictOf(error: unknown): string | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.type === 'RunConflict' ? cause.message : undefined;
}
