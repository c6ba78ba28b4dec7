import { PromoterError } from '../errors.ts';
import type { Digest, RepositoryName, Tag } from '../reference.ts';
import type { QuarantinedEdge } from './quarantine.ts';
import type { PlanStore } from './store.ts';
import type { Edge, VerdictCounts } from './verdict.ts';
import type { ImageWish } from './wish.ts';
import type { WithheldOrder } from './withheld.ts';

/** Where a group goes: a destination repository and the tags that it lacks. */
export interface GroupTarget {
  readonly repository: RepositoryName;
  readonly tags: readonly Tag[];
  /** The digest is there already; only tags are missing. */
  readonly hasDigest: boolean;
}

/** One digest of one source repository with everything that is to be done about it: the unit of work after planning. */
export interface Group {
  readonly source: RepositoryName;
  readonly digest: Digest;
  readonly targets: readonly GroupTarget[];
  /** Destinations that have everything already; one of them may be where the digest is signed. */
  readonly settled?: readonly RepositoryName[];
  /**
   * What the source has attached to the digest by tag, where a listing told: endings such as `.sig` and `.att`, and the
   * empty one for the fallback list of referrers; `referrers` where there may be some. Absent when somebody has to ask.
   */
  readonly attached?: readonly string[];
}

/** What one activity works through. */
export interface Shard {
  readonly groups: readonly Group[];
}

/** A plan, or a round of residue: its shards, by digest, in order. */
export interface ShardIndex {
  readonly shards: readonly Digest[];
}

/** The wishes of one activity of the plan phase. */
export interface WishShard {
  readonly wishes: readonly ImageWish[];
}

/** What one activity of the plan phase found out. */
export interface WishShardResult {
  readonly groups: readonly Group[];
  readonly quarantine: readonly QuarantinedEdge[];
  readonly warnings: readonly string[];
  readonly verdicts: VerdictCounts;
  /** What was promoted before, where somebody asked for it; `targets` are then the destinations that have it. */
  readonly existing: readonly Group[];
}

/** A (group, destination) pair that failed inside a shard that otherwise succeeded, with its reason. */
export interface ResidueEntry {
  readonly group: Group;
  readonly reason: string;
  readonly message: string;
  /** Whether trying again may help. */
  readonly transient: boolean;
  /** When the host asked to be tried again, in milliseconds since the epoch. */
  readonly retryAt?: number;
}

/**
 * A digest that a run of ours promotes, or is about to: until its signature and attestation are known to be in place it
 * stays on record, whatever becomes of the run.
 */
export interface Debt {
  readonly source: RepositoryName;
  readonly digest: Digest;
  readonly targets: readonly { readonly repository: RepositoryName; readonly tags: readonly Tag[] }[];
  /** Destinations that had the digest before; one of them may be where it is signed. */
  readonly settled?: readonly RepositoryName[];
  /** Where the promotion is on record. */
  readonly workflowId: string;
  readonly runId: string;
  readonly commit?: string;
}

/** A digest that policy keeps from being promoted by this run. */
export interface Exclusion {
  readonly source: RepositoryName;
  readonly digest: Digest;
}

/** What a phase found not to be attached to a shard's staging images, for the phases after it. */
export interface BareImages {
  /** Milliseconds since the epoch. */
  readonly readAt: number;
  readonly images: readonly {
    readonly source: RepositoryName;
    readonly digest: Digest;
    readonly without: readonly ('sig-tag' | 'att-tag' | 'bundle')[];
  }[];
}

/** Every document of this module. */
export type PlanDocument =
  | Shard
  | ShardIndex
  | WishShard
  | WishShardResult
  | BareImages
  | readonly ResidueEntry[]
  | readonly Debt[]
  | readonly Exclusion[]
  | readonly WithheldOrder[]
  | readonly Digest[];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes a document of this module as JSON under its own digest. */
export function putDocument(store: PlanStore, document: PlanDocument): Promise<Digest> {
  return store.put(encoder.encode(JSON.stringify(document)));
}

/** Reads a document that {@link putDocument} wrote; its digest vouches for its shape. */
export async function getDocument<T extends PlanDocument>(store: PlanStore, digest: Digest): Promise<T> {
  return JSON.parse(decoder.decode(await store.get(digest))) as T;
}

/** Reads one shard of an index. @throws PromoterError `StoreCorrupt` when the index has no such shard */
export async function readShard<T extends Shard | WishShard>(store: PlanStore, index: string, at: number): Promise<T> {
  const { shards } = await getDocument<ShardIndex>(store, index as Digest);
  const digest = shards[at];
  if (digest === undefined) throw new PromoterError('StoreCorrupt', `there is no shard ${at} among ${shards.length}`);
  return getDocument<T>(store, digest);
}

/** Writes edges as NDJSON, one a line: quarantined ones with why, or those that a run is to be restricted to. */
export function putEdges(store: PlanStore, edges: readonly (QuarantinedEdge | Edge)[]): Promise<Digest> {
  return store.put(encoder.encode(edges.map((edge) => `${JSON.stringify(edge)}\n`).join('')));
}

/** Reads a list that {@link putEdges} wrote. */
export async function getEdges(store: PlanStore, digest: Digest): Promise<readonly QuarantinedEdge[]> {
  const text = decoder.decode(await store.get(digest));
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as QuarantinedEdge);
}

/** How many edges a group has left to do. */
export function groupEdges(group: Group): number {
  return group.targets.reduce((sum, { tags }) => sum + Math.max(1, tags.length), 0);
}
