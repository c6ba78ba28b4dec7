import {
  ActivityFailure,
  ApplicationFailure,
  type CancellationScope,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { SetupResult } from '../activities/setup.ts';
import { budgetId, releaseWriter } from './budget-messages.ts';
import { activitiesOf, policyOf, type Duration } from './policies.ts';

/** A run's right to be the only one that writes to its hosts. */
export interface WriterLeases {
  /** @throws ActivityFailure `RunConflict` when another run writes to one of them */
  acquire(hosts: readonly string[]): Promise<void>;
  /** Acquires one host more. @throws ActivityFailure `RunConflict` when another run writes to it */
  extend(host: string): Promise<void>;
  /** Keeps what this run, or the one that it continues, has acquired; `setup` says who did. */
  keep(setup: Pick<SetupResult, 'hosts' | 'acquired'>, from: 'acquired' | 'continued'): void;
  /** Which run took over while this one was too long away to renew its leases. */
  lost(): string | undefined;
  /** Gives everything back; whoever comes next takes it from a run that has ended anyway. */
  release(): Promise<void>;
}

/** How long it takes from one renewal to the next: a third of what the leases last. */
export interface RenewalRhythm {
  readonly atWork: Duration;
  /** While a run waits for people: each renewal is eleven events, and a history must last for weeks of that. */
  readonly atRest: Duration;
}

const RHYTHM: RenewalRhythm = { atWork: '5 minutes', atRest: '1 day' };

/**
 * @param scope cancelled when a lease is lost: two runs must not write to one host
 * @param isAtRest whether the run waits for somebody, and writes nothing
 */
export function createWriterLeases(
  scope: CancellationScope,
  isAtRest: () => boolean,
  rhythm: RenewalRhythm = RHYTHM,
): WriterLeases {
  let kept: readonly string[] = [];
  let byActivity = false;
  let lost: string | undefined;
  const ask = (hosts: readonly string[], atRest = false): Promise<void> => {
    const { acquireWriters } = activitiesOf(policyOf('setup'), `be the only writer on ${hosts.length} hosts`);
    return acquireWriters(atRest ? { hosts, atRest } : { hosts });
  };

  /** @returns whether they last as long as they should now */
  async function renew(atRest = false): Promise<boolean> {
    try {
      await ask(kept, atRest);
      return true;
    } catch (error) {
      lost = conflictOf(error);
      if (lost !== undefined) scope.cancel();
      // Anything else may pass before the leases end.
      else if (isCancellation(error)) throw error;
      return false;
    }
  }

  async function renewAgainAndAgain(from: 'acquired' | 'continued'): Promise<void> {
    if (from === 'continued') await renew();
    const summary = 'until the writer leases are renewed';
    while (lost === undefined) {
      await sleep(rhythm.atWork, { summary });
      // Runs that were at rest before there were longer leases go on as they were for as long as they are replayed.
      const atRest = isAtRest() && patched('leases-at-rest');
      const isRenewed = await renew(atRest);
      if (atRest && isRenewed) await condition(() => !isAtRest(), rhythm.atRest, { summary });
    }
  }

  return {
    async acquire(hosts) {
      kept = hosts;
      await ask(hosts);
    },
    async extend(host) {
      // What comes while the run is at rest is renewed with the others, a day later.
      await ask([host], isAtRest());
      kept = [...new Set([...kept, host])];
    },
    keep({ hosts, acquired }, from) {
      kept = hosts;
      byActivity = acquired !== undefined;
      // It ends when the run does, which cancels what it waits for.
      renewAgainAndAgain(from).catch(() => undefined);
    },
    lost: () => lost,
    async release() {
      // Runs that began before there was an activity for it go on as they were.
      if (!byActivity) return signalEach(kept);
      const { releaseWriters } = activitiesOf(policyOf('setup'), `let others write to ${kept.length} hosts`);
      await releaseWriters({ hosts: kept }).catch(() => undefined);
    },
  };
}

/** The server delivers one after the other, which takes a run to many hosts longer than one activity. */
async function signalEach(hosts: readonly string[]): Promise<void> {
  const { workflowId } = workflowInfo();
  await Promise.all(
    hosts.map((host) =>
      getExternalWorkflowHandle(budgetId(host))
        .signal(releaseWriter, { workflowId })
        // A budget that has ended holds nothing.
        .catch(() => undefined),
    ),
  );
}

function conflictOf(error: unknown): string | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.type === 'RunConflict' ? cause.message : undefined;
}
