import { createHash } from 'node:crypto';
import { PromoterError } from '../errors.ts';
import type { Digest, RepositoryName } from '../reference.ts';
import type { PlanStore } from './store.ts';

/** What was last found out about one mirror of a source repository. Times are milliseconds since the epoch. */
export interface PairState {
  readonly mirror: RepositoryName;
  /** Hash of the source's signatures that this mirror was found to have; absent while it is known, or feared, not to. */
  readonly hash?: string;
  /** When everything was last compared, or when the pair was first met if that has not been. */
  readonly checkedAt: number;
  /** Whether everything was compared then, and not only what a list of names can tell. */
  readonly verified: boolean;
  /** When all content that the mirror holds was last read back, or written as a whole; absent before that. */
  readonly readAt?: number;
  /** Since when it has lacked something, as far as we know. */
  readonly behindSince?: number;
  /** Tags that differ and may: what the source has, and what the mirror has besides. */
  readonly accepted?: Readonly<Record<string, readonly [source: Digest, mirror: Digest]>>;
}

/**
 * What earlier sweeps found of one source repository. Losing it costs requests, and nothing else: everything in it is
 * found out again.
 */
export interface Checkpoint {
  readonly source: RepositoryName;
  /** Whether anything may be attached to what it holds; if not, its mirrors need not be asked. */
  readonly attached: boolean;
  readonly pairs: readonly PairState[];
  /** Where the plan store has what is known of the manifests in the source. */
  readonly knowledge?: Digest;
}

/** A source repository and one of its mirrors. */
export interface Pair {
  readonly source: RepositoryName;
  readonly mirror: RepositoryName;
}

/** A pair that is looked at though nothing has changed. */
export interface Audit extends Pair {
  /** Its content is read back, too: that was last done so long ago that the interval ends before the next sweep. */
  readonly read: boolean;
}

const PREFIX = 'replication/';

/** What earlier sweeps left about a source; nothing when there were none, or when it cannot be read any more. */
export async function readCheckpoint(store: PlanStore, source: RepositoryName): Promise<Checkpoint | undefined> {
  const digest = await store.lookup(nameOf(source));
  return digest === undefined ? undefined : readUnlessLost<Checkpoint>(store, digest);
}

/** Keeps what a sweep found about a source. */
export async function writeCheckpoint(store: PlanStore, checkpoint: Checkpoint): Promise<void> {
  const name = nameOf(checkpoint.source);
  const digest = await store.put(new TextEncoder().encode(JSON.stringify(checkpoint)));
  if ((await store.lookup(name)) !== digest) await store.point(name, digest);
}

/** Reads JSON from the plan store; nothing when it is gone or damaged. */
export async function readUnlessLost<T>(store: PlanStore, digest: Digest): Promise<T | undefined> {
  try {
    return JSON.parse(new TextDecoder().decode(await store.get(digest))) as T;
  } catch (error) {
    if (error instanceof PromoterError && error.code === 'StoreCorrupt') return undefined;
    throw error;
  }
}

/** Times in milliseconds. */
export interface AuditPlan {
  readonly now: number;
  /** Within this time every pair is looked at, whatever the checkpoint says. */
  readonly interval: number;
  /** Time from one sweep to the next. */
  readonly every: number;
}

/**
 * Chooses which pairs a sweep looks at although nothing has changed: an equal share of all of them, the longest unseen
 * first, and each that would otherwise be overdue before the next sweep.
 */
export function chooseAudits(
  checkpoints: readonly Checkpoint[],
  { now, interval, every }: AuditPlan,
): readonly Audit[] {
  const pairs = auditable(checkpoints);
  const share = Math.ceil((pairs.length * Math.min(every, interval)) / interval);
  const isDue = (since: number): boolean => since + interval <= now + every;
  return pairs
    .filter(({ checkedAt }, at) => at < share || isDue(checkedAt))
    .map(({ source, mirror, readAt }) => ({ source, mirror, read: readAt === undefined || isDue(readAt) }));
}

/** The pair that nobody has looked at for the longest time. */
export function oldestPair(
  checkpoints: readonly Checkpoint[],
): (Pair & Pick<PairState, 'checkedAt' | 'verified'>) | undefined {
  return auditable(checkpoints)[0];
}

function auditable(checkpoints: readonly Checkpoint[]): readonly (Pair & PairState)[] {
  return checkpoints
    .filter(({ attached }) => attached)
    .flatMap(({ source, pairs }) => pairs.map((pair) => ({ source, ...pair })))
    .sort((a, b) => a.checkedAt - b.checkedAt || (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf({ source, mirror }: Pair): string {
  return `${source} ${mirror}`;
}

// A repository's name is not always one that the store takes, and may begin with another's.
function nameOf(source: RepositoryName): string {
  return `${PREFIX}${createHash('sha256').update(source).digest('hex')}`;
}
