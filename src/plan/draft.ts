import type { Manifest } from '../manifest/manifest.ts';
import { formatReference, hostOf, type RepositoryName } from '../reference.ts';
import { resolveOverlaps, type Overlap } from './overlap.ts';
import { partitionWishes } from './partition.ts';
import type { QuarantinedEdge } from './quarantine.ts';
import { countEdges, wishesOf, type ImageWish } from './wish.ts';

/** What manifests alone tell of a plan: before any registry is asked. */
export interface Draft {
  readonly shards: readonly (readonly ImageWish[])[];
  readonly edges: number;
  /** Edges that contradict each other, ready to be reported. */
  readonly overlaps: readonly QuarantinedEdge[];
  /** Edges that say the same as another. */
  readonly redundant: number;
  readonly sourceHosts: readonly string[];
  readonly destinationHosts: readonly string[];
}

/** Repositories whose inventories one activity reads: some seconds of work, and all that a crash repeats. */
const REPOSITORIES_PER_SHARD = 512;

/**
 * Drafts a plan from manifests.
 *
 * @param only edges to keep, where a run is to work on some of them alone; each as {@link edgeKey} gives it
 */
export function draftPlan(manifests: readonly Manifest[], only?: ReadonlySet<string>): Draft {
  // Overlaps are looked for in everything: an edge to keep may contradict one that is not.
  const resolved = resolveOverlaps(wishesOf(manifests));
  const wishes = only === undefined ? resolved.wishes : resolved.wishes.flatMap((wish) => restrict(wish, only));
  const overlaps = resolved.overlaps.filter((overlap) => only === undefined || only.has(edgeKey(overlap)));
  return {
    shards: partitionWishes(wishes, REPOSITORIES_PER_SHARD),
    edges: wishes.reduce((sum, wish) => sum + countEdges(wish), 0) + overlaps.length,
    overlaps: overlaps.map(quarantineOverlap),
    redundant: resolved.redundant,
    sourceHosts: hostsOf([...wishes, ...overlaps].map(({ source }) => source)),
    destinationHosts: hostsOf([
      ...wishes.flatMap(({ destinations }) => destinations),
      ...overlaps.map(({ destination }) => destination),
    ]),
  };
}

/** What makes an edge the same as another: its endpoint, and what is wanted there. */
export function edgeKey(edge: { digest: string; destination: string; tag?: string | undefined }): string {
  return `${edge.destination} ${edge.tag ?? ''} ${edge.digest}`;
}

function restrict(wish: ImageWish, only: ReadonlySet<string>): readonly ImageWish[] {
  return wish.destinations
    .map((destination) => ({
      source: wish.source,
      destinations: [destination],
      digests: wish.digests
        .map(({ digest, tags }) => ({
          digest,
          tags: tags.filter((tag) => only.has(edgeKey({ digest, destination, tag }))),
          tagless: tags.length === 0 && only.has(edgeKey({ digest, destination })),
        }))
        .filter(({ tags, tagless }) => tags.length > 0 || tagless)
        .map(({ digest, tags }) => ({ digest, tags })),
    }))
    .filter(({ digests }) => digests.length > 0);
}

function quarantineOverlap({ source, destination, tag, digest, rivals }: Overlap): QuarantinedEdge {
  const endpoint = formatReference(destination, tag);
  return {
    source,
    digest,
    destination,
    tag,
    phase: 'plan',
    reason: 'overlap',
    message: `multiple edges want to promote *different* images (digests) to the same destination endpoint ${endpoint}: ${[digest, ...rivals].sort().join(', ')}`,
  };
}

function hostsOf(repositories: readonly RepositoryName[]): readonly string[] {
  return [...new Set(repositories.map(hostOf))].sort();
}
