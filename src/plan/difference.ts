import type { Digest, RepositoryName, Tag } from '../reference.ts';
import type { Edge } from './verdict.ts';
import type { ImageWish } from './wish.ts';

/** What was wished for before of one source repository: for each destination, the digests with their tags. */
type Known = ReadonlyMap<RepositoryName, readonly ReadonlyMap<Digest, readonly Tag[]>[]>;

/**
 * What manifests wish for that they did not wish for before.
 *
 * A digest that is new at a destination, or has a new tag there, counts with all of its tags, so that a promotion that
 * failed half-way is completed by whoever touches the digest again (as with kpromo's diff modes). What was only taken away
 * counts for nothing.
 */
export function* addedEdges(before: readonly ImageWish[], after: readonly ImageWish[]): Generator<Edge> {
  const known = knownWishes(before);
  for (const { source, destinations, digests } of after) {
    for (const destination of destinations) {
      const rivals = known.get(source)?.get(destination) ?? [];
      for (const { digest, tags } of digests) {
        if (isKnown(digest, tags, rivals)) continue;
        const edge = { source, digest, destination };
        if (tags.length === 0) yield edge;
        for (const tag of tags) yield { ...edge, tag };
      }
    }
  }
}

function isKnown(
  digest: Digest,
  tags: readonly Tag[],
  rivals: readonly ReadonlyMap<Digest, readonly Tag[]>[],
): boolean {
  const before = rivals.flatMap((digests) => {
    const found = digests.get(digest);
    return found === undefined ? [] : [found];
  });
  if (tags.length === 0) return before.some((known) => known.length === 0);
  return tags.every((tag) => before.some((known) => known.includes(tag)));
}

function knownWishes(wishes: readonly ImageWish[]): ReadonlyMap<RepositoryName, Known> {
  const known = new Map<RepositoryName, Map<RepositoryName, ReadonlyMap<Digest, readonly Tag[]>[]>>();
  for (const { source, destinations, digests } of wishes) {
    const tagsOf = new Map(digests.map(({ digest, tags }) => [digest, tags]));
    const bySource = known.get(source) ?? new Map<RepositoryName, ReadonlyMap<Digest, readonly Tag[]>[]>();
    known.set(source, bySource);
    for (const destination of destinations) {
      bySource.set(destination, [...(bySource.get(destination) ?? []), tagsOf]);
    }
  }
  return known;
}
