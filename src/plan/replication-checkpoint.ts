import { createHash } from 'node:crypto';
import { PromoterError } from '../errors.ts';
import type { Digest, RepositoryName } from '../reference.ts';
import type { ContentReading } from './content-reading.ts';
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
  /** How far reading back its content has come; absent where an earlier version kept no account of it. */
  readonly reading?: ContentReading;
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

// A repository's name is not always one that the store takes, and may begin with another's.
function nameOf(source: RepositoryName): string {
  return `${PREFIX}${createHash('sha256').update(source).digest('hex')}`;
}
