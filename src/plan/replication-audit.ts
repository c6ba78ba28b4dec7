import type { RepositoryName } from '../reference.ts';
import { leftToRead, unread, type ContentReading } from './content-reading.ts';
import type { Checkpoint, PairState } from './replication-checkpoint.ts';

/** A source repository and one of its mirrors. */
export interface Pair {
  readonly source: RepositoryName;
  readonly mirror: RepositoryName;
}

/** A pair that is looked at though nothing has changed. */
export interface Audit extends Pair {
  /** So many of the mirror's attachments are read back, too; mostly none. */
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
 * first, and each that would otherwise be overdue before the next sweep. One sweep in each interval also reads back a share
 * of what all mirrors hold, the longest unread first, that makes it everything in the interval for that.
 */
export function chooseAudits(checkpoints: readonly Checkpoint[], plan: AuditPlan): readonly Audit[] {
  const { now, interval, every } = plan;
  const pairs = auditable(checkpoints);
  const share = Math.ceil((pairs.length * Math.min(every, interval)) / interval);
  const due = new Set(pairs.filter(({ checkedAt }, at) => at < share || checkedAt + interval < now + every));
  const reads = beginsInterval(plan) ? shareReads(pairs, plan) : new Map<KnownPair, number>();
  return pairs
    .filter((pair) => due.has(pair) || reads.has(pair))
    .map((pair) => ({ source: pair.source, mirror: pair.mirror, reads: reads.get(pair) ?? 0 }));
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

/** Whether this is the first sweep of an interval; intervals are counted from the epoch, days so from midnight UTC. */
function beginsInterval({ now, interval, every }: AuditPlan): boolean {
  return Math.floor(now / interval) > Math.floor((now - every) / interval);
}

function shareReads(
  pairs: readonly KnownPair[],
  { interval, readBackInterval, every }: AuditPlan,
): ReadonlyMap<KnownPair, number> {
  const rounds = Math.max(1, Math.floor(readBackInterval / Math.max(interval, every)));
  const held = pairs.reduce((sum, pair) => sum + readingOf(pair).held, 0);
  const reads = new Map<KnownPair, number>();
  let share = Math.ceil(held / rounds);
  for (const pair of pairs.toSorted(byReading)) {
    const count = Math.min(share, leftToRead(readingOf(pair)));
    if (count > 0) reads.set(pair, count);
    share -= count;
  }
  return reads;
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
