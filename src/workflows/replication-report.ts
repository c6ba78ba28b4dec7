import { addCounts } from './counts.ts';
import type {
  CaughtUp,
  ReplicationOutcome,
  ReplicationReport,
  ReplicationTally,
  Sampled,
  SignatureCheck,
} from './replication-messages.ts';

const SAMPLES = 20;

/** Nothing has been done yet. */
export const BLANK_TALLY: ReplicationTally = {
  counts: { listed: 0, compared: 0, read: 0, missing: 0, differing: 0, referrers: 0, damaged: 0, written: 0 },
  residue: { count: 0, samples: [] },
  mended: { count: 0, samples: [] },
  unsigned: { count: 0, samples: [] },
  caughtUp: [],
};

/** Adds what a shard did to what the shards before it did. */
export function addTally(a: ReplicationTally, b: ReplicationTally): ReplicationTally {
  const oldest = olderOf(a.oldest, b.oldest, ({ checkedAt }) => checkedAt);
  const oldestRead = olderOf(a.oldestRead, b.oldestRead, ({ finishedAt }) => finishedAt);
  const check = addChecks(a.check, b.check);
  return {
    counts: addCounts(a.counts, b.counts),
    residue: addSamples(a.residue, b.residue),
    mended: addSamples(a.mended, b.mended),
    unsigned: addSamples(a.unsigned, b.unsigned),
    caughtUp: addCaughtUp(a.caughtUp, b.caughtUp),
    ...(oldest === undefined ? {} : { oldest }),
    ...(oldestRead === undefined ? {} : { oldestRead }),
    ...(check === undefined ? {} : { check }),
  };
}

/** How a replication that has come to its end went. */
export function outcomeOf({ residue }: Pick<ReplicationReport, 'residue'>, confirm: boolean): ReplicationOutcome {
  if (residue.count > 0) return 'residue';
  return confirm ? 'done' : 'dry-run';
}

function addSamples<T>(a: Sampled<T>, b: Sampled<T>): Sampled<T> {
  return { count: a.count + b.count, samples: [...a.samples, ...b.samples].slice(0, SAMPLES) };
}

function addCaughtUp(a: readonly CaughtUp[], b: readonly CaughtUp[]): readonly CaughtUp[] {
  const hosts = new Map(a.map((one) => [one.host, one]));
  for (const { host, repositories, since } of b) {
    const known = hosts.get(host) ?? { host, repositories: 0, since };
    const sum = known.repositories + repositories;
    hosts.set(host, { host, repositories: sum, since: Math.min(known.since, since) });
  }
  return [...hosts.values()];
}

function olderOf<T>(a: T | undefined, b: T | undefined, timeOf: (one: T) => number): T | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return timeOf(b) < timeOf(a) ? b : a;
}

function addChecks(a: SignatureCheck | undefined, b: SignatureCheck | undefined): SignatureCheck | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    images: a.images + b.images,
    unsigned: a.unsigned + b.unsigned,
    partial: a.partial + b.partial,
    differing: a.differing + b.differing,
    lists: [...a.lists, ...b.lists],
  };
}
