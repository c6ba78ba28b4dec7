import type { Manifest } from '../manifest/manifest.ts';
import { repositoryOf, type Digest, type RepositoryName, type Tag } from '../reference.ts';

/** A digest and the tags it is to carry; none means that it is promoted by digest alone. */
export interface DigestWish {
  readonly digest: Digest;
  readonly tags: readonly Tag[];
}

/**
 * What the manifests want of one source repository: its digests, with their tags, in each of the destinations.
 *
 * It stands for `destinations × digests × tags` edges without holding any of them, so that a production of a million
 * edges is a few thousand wishes.
 */
export interface ImageWish {
  readonly source: RepositoryName;
  readonly destinations: readonly RepositoryName[];
  readonly digests: readonly DigestWish[];
}

/** Reads the wishes off manifests, sorted; entries that name the same source and the same destinations become one. */
export function wishesOf(manifests: readonly Manifest[]): readonly ImageWish[] {
  const merged = new Map<string, { wish: ImageWish; tags: Map<Digest, Set<Tag>> }>();
  for (const manifest of manifests) {
    for (const image of manifest.images) {
      const source = repositoryOf(manifest.source, image.name);
      const destinations = [
        ...new Set(manifest.destinations.map((registry) => repositoryOf(registry, image.name))),
      ].sort();
      if (destinations.length === 0) continue;
      const key = [source, ...destinations].join(' ');
      const entry = merged.get(key) ?? {
        wish: { source, destinations, digests: [] },
        tags: new Map<Digest, Set<Tag>>(),
      };
      merged.set(key, entry);
      for (const { digest, tags } of image.digests) {
        const known = entry.tags.get(digest) ?? new Set<Tag>();
        entry.tags.set(digest, known);
        for (const tag of tags) known.add(tag);
      }
    }
  }
  return [...merged.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { wish, tags }]) => ({
      ...wish,
      digests: [...tags].map(([digest, set]) => ({ digest, tags: [...set].sort() })).sort(byDigest),
    }));
}

/** How many edges a wish stands for: one per destination and tag, and one per destination for a digest without tags. */
export function countEdges(wish: ImageWish): number {
  return wish.destinations.length * wish.digests.reduce((sum, { tags }) => sum + Math.max(1, tags.length), 0);
}

function byDigest(a: DigestWish, b: DigestWish): number {
  return a.digest < b.digest ? -1 : 1;
}
