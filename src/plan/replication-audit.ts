import type { RepositoryName } from '../reference.ts';
import { leftToRead, unread, type ContentReading } from './content-reading.ts';
import type { Checkpoint, PairState } from './replication-checkpoint.ts';

/** A source repository and one of its mirrors. */
export interface Pair {
  readonly source: RepositoryName;
  readonly mirror: RepositoryName;
}

/** A pair that is compared though nothing has changed. */
export interface Audit extends Pair {
  /** So many of the mirror's attachments are read back, too. */
  readonly reads: number;
}

/** Times in milliseconds. */
export interface AuditPlan {
  readonly now: number;
  /** Within this time every pair is compared, whatever the checkpoint says. */
  readonly interval: number;
  /** Within about this time all content of every mirror is read back. */
  readonly readBackInterval: number;
  /** Time from one sweep to the next. */
  readonly every: number;
}

/**
 * Chooses which pairs a sweep compares although nothing has changed: an equal share of all of them, the longest unseen
 * first, and each that would otherwise be overdue before the next sweep. Of what these hold, a share is read back that
 * makes it all in the interval for that, the longest unread first.
 */
export function chooseAudits(checkpoints: readonly Checkpoint[], plan: AuditPlan): readonly Audit[] {
  const { now, interval, every } = plan;
  const pairs = auditable(checkpoints);
  const share = Math.ceil((pairs.length * Math.min(every, interval)) / interval);
  const chosen = pairs.filter(({ checkedAt }, at) => at < share || checkedAt + interval < now + every);
  return shareReads(chosen, plan);
}

/** The pair that nobody has compared for the longest time. */
export function oldestPair(
  checkpoints: readonly Checkpoint[],
): (Pair & Pick<PairState, 'checkedAt' | 'verified'>) | undefined {
  const [oldest] = auditable(checkpoints);
  if (oldest === undefined) return undefined;
  const { source, mirror, checkedAt, verified } = oldest;
  return { source, mirror, checkedAt, verified };
}

/** The pair whose content nobody has read back for the longest time. */
export function oldestReading(
  checkpoints: readonly Checkpoint[],
): (Pair & Pick<ContentReading, 'finishedAt' | 'whole'>) | undefined {
  const [oldest] = auditable(checkpoints).toSorted(byReading);
  if (oldest === undefined) return undefined;
  const { source, mirror } = oldest;
  const { finishedAt, whole } = readingOf(oldest);
  return { source, mirror, finishedAt, whole };
}

type KnownPair = Pair & PairState;

function shareReads(audited: readonly KnownPair[], { interval, readBackInterval, every }: AuditPlan): readonly Audit[] {
  const visits = Math.max(1, Math.floor(readBackInterval / Math.max(interval, every)));
  const held = audited.reduce((sum, pair) => sum + readingOf(pair).held, 0);
  let share = Math.ceil(held / visits);
  return audited.toSorted(byReading).map((pair) => {
    const reads = Math.min(share, leftToRead(readingOf(pair)));
    share -= reads;
    return { source: pair.source, mirror: pair.mirror, reads };
  });
}

function auditable(checkpoints: readonly Checkpoint[]): readonly KnownPair[] {
  return checkpoints
    .filter(({ attached }) => attached)
    .flatMap(({ source, pairs }) => pairs.map((pair) => ({ source, ...pair })))
    .sort((a, b) => a.checkedAt - b.checkedAt || byName(a, b));
}

function byReading(a: KnownPair, b: KnownPair): number {
  return readingOf(a).finishedAt - readingOf(b).finishedAt || byName(a, b);
}

function readingOf({ reading, checkedAt }: KnownPair): ContentReading {
  return reading ?? unread(checkedAt);
}

function byName(a: Pair, b: Pair): number {
  if (a.source === b.source) return a.mirror < b.mirror ? -1 : 1;
  return a.source < b.source ? -1 : 1;
}
