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
  const acquire = (hosts: readonly string[]): Promise<void> => {
    kept = hosts;
    return activitiesOf(policyOf('setup'), `be the only writer on ${hosts.length} hosts`).acquireWriters({ hosts });
  };

  async function renew(hosts: readonly string[]): Promise<void> {
    try {
      await acquire(hosts);
    } catch (error) {
      lost = conflictOf(error);
      if (lost !== undefined) scope.cancel();
      // Anything else may pass before the leases end.
      else if (isCancellation(error)) throw error;
    }
  }

  async function renewAgainAndAgain(hosts: readonly string[], from: 'acquired' | 'continued'): Promise<void> {
    if (from === 'continued') await renew(hosts);
    while (lost === undefined) {
      await sleep(RENEWAL, { summary: 'until the writer leases are renewed' });
      await renew(hosts);
    }
  }

  return {
    acquire,
    keep(hosts, from) {
      // It ends when the run does, which cancels what it waits for.
      renewAgainAndAgain(hosts, from).catch(() => undefined);
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
