import type { Digest, RepositoryName, Tag } from '../reference.ts';
import type { DigestWish, ImageWish } from './wish.ts';

/** Two or more different digests wanted under one tag of one destination. */
export interface Overlap {
  readonly source: RepositoryName;
  readonly destination: RepositoryName;
  readonly tag: Tag;
  /** One of the digests that claim the tag; there is an overlap entry for each of them. */
  readonly digest: Digest;
  readonly rivals: readonly Digest[];
}

/** Wishes without conflict, what was taken out of them, and how many edges merely said the same again. */
export interface OverlapResolution {
  readonly wishes: readonly ImageWish[];
  readonly overlaps: readonly Overlap[];
  readonly redundant: number;
}

/**
 * Takes edges that contradict each other out of the wishes, and of edges that repeat each other all but the first.
 *
 * The endpoint of an edge is its destination repository and tag; an edge without a tag never contradicts another
 * (kpromo's `CheckOverlappingEdges`). Only repositories that more than one wish wants to write to are looked at edge by
 * edge, and tags within one wish once for all of its destinations, so that this is cheap for a million edges.
 */
export function resolveOverlaps(wishes: readonly ImageWish[]): OverlapResolution {
  const overlaps: Overlap[] = [];
  const shared = sharedDestinations(wishes);
  let redundant = 0;
  const resolved: ImageWish[] = [];
  for (const wish of wishes) {
    const own = wish.destinations.filter((destination) => !shared.has(destination));
    if (own.length > 0) resolved.push(withoutInnerOverlaps({ ...wish, destinations: own }, overlaps));
  }
  for (const [destination, rivals] of shared) {
    const outcome = resolveDestination(destination, rivals, overlaps);
    redundant += outcome.redundant;
    resolved.push(...outcome.wishes);
  }
  return { wishes: resolved.filter((wish) => wish.digests.length > 0), overlaps, redundant };
}

function withoutInnerOverlaps(wish: ImageWish, overlaps: Overlap[]): ImageWish {
  const claims = claimsOf([wish]);
  const contested = new Set([...claims].filter(([, digests]) => digests.size > 1).map(([tag]) => tag));
  if (contested.size === 0) return wish;
  for (const destination of wish.destinations) report(wish, destination, contested, claims, overlaps);
  return { ...wish, digests: withoutTags(wish.digests, contested) };
}

function resolveDestination(
  destination: RepositoryName,
  rivals: readonly ImageWish[],
  overlaps: Overlap[],
): { wishes: ImageWish[]; redundant: number } {
  const claims = claimsOf(rivals);
  const contested = new Set([...claims].filter(([, digests]) => digests.size > 1).map(([tag]) => tag));
  const taken = new Set<string>();
  let redundant = 0;
  const wishes = rivals.map((wish) => {
    report(wish, destination, contested, claims, overlaps);
    const digests = withoutTags(wish.digests, contested).flatMap(({ digest, tags }) => {
      const endpoints = tags.length === 0 ? [digest] : tags;
      const fresh = endpoints.filter((endpoint) => !taken.has(`${digest} ${endpoint}`));
      redundant += endpoints.length - fresh.length;
      for (const endpoint of fresh) taken.add(`${digest} ${endpoint}`);
      return fresh.length === 0 ? [] : [{ digest, tags: tags.length === 0 ? [] : (fresh as Tag[]) }];
    });
    return { source: wish.source, destinations: [destination], digests };
  });
  return { wishes, redundant };
}

function sharedDestinations(wishes: readonly ImageWish[]): Map<RepositoryName, ImageWish[]> {
  const writers = new Map<RepositoryName, ImageWish[]>();
  for (const wish of wishes) {
    for (const destination of wish.destinations) {
      const known = writers.get(destination);
      if (known === undefined) writers.set(destination, [wish]);
      else known.push(wish);
    }
  }
  return new Map([...writers].filter(([, rivals]) => rivals.length > 1));
}

function claimsOf(wishes: readonly ImageWish[]): Map<Tag, Set<Digest>> {
  const claims = new Map<Tag, Set<Digest>>();
  for (const { digests } of wishes) {
    for (const { digest, tags } of digests) {
      for (const tag of tags) {
        const known = claims.get(tag) ?? new Set<Digest>();
        claims.set(tag, known.add(digest));
      }
    }
  }
  return claims;
}

function report(
  wish: ImageWish,
  destination: RepositoryName,
  contested: ReadonlySet<Tag>,
  claims: ReadonlyMap<Tag, ReadonlySet<Digest>>,
  overlaps: Overlap[],
): void {
  for (const { digest, tags } of wish.digests) {
    for (const tag of tags.filter((candidate) => contested.has(candidate))) {
      const rivals = [...(claims.get(tag) ?? [])].filter((rival) => rival !== digest);
      overlaps.push({ source: wish.source, destination, tag, digest, rivals });
    }
  }
}

// A digest all of whose tags are contested must not turn into one that is promoted by digest alone.
function withoutTags(digests: readonly DigestWish[], contested: ReadonlySet<Tag>): readonly DigestWish[] {
  return digests
    .map(({ digest, tags }) => ({ digest, tags: tags.filter((tag) => !contested.has(tag)), had: tags.length }))
    .filter(({ tags, had }) => tags.length > 0 || had === 0)
    .map(({ digest, tags }) => ({ digest, tags }));
}
