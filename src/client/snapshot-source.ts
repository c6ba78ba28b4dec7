import pMap from 'p-map';
import { messageOf } from '../errors.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { isAtOrBelow } from '../registry/catalog.ts';
import type { RegistryClient } from '../registry/client-options.ts';
import { readLinks } from '../registry/manifest-graph.ts';
import type { HeldRepository, WalkOptions } from '../registry/walk.ts';
import { formatReference, type Digest, type RegistryName, type RepositoryName, type Tag } from '../reference.ts';
import type { Snapshot } from './snapshot-text.ts';

/** What a registry holds, with what is needed to tell which digests belong to an index. */
export interface RegistryContent {
  readonly images: Map<string, ReadonlyMap<Digest, readonly Tag[]>>;
  readonly indexes: readonly { readonly repository: RepositoryName; readonly digest: Digest }[];
  /** Not every digest without a tag is known. */
  readonly incomplete: boolean;
}

const INDEXES_AT_ONCE = 16;
const INDEX_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);

/** Reads all that is at or below a registry. @throws PromoterError `Registry*` */
export async function readRegistry(
  registry: Pick<RegistryClient, 'walk'>,
  name: RegistryName,
  options: WalkOptions = {},
): Promise<RegistryContent> {
  const images: RegistryContent['images'] = new Map();
  const indexes: { repository: RepositoryName; digest: Digest }[] = [];
  let incomplete = false;
  for await (const { repository, digests, complete } of registry.walk(name, options)) {
    images.set(repository.slice(name.length + 1), new Map([...digests].map(([digest, { tags }]) => [digest, tags])));
    indexes.push(...indexesIn({ repository, digests }));
    incomplete ||= !complete;
  }
  return { images, indexes, incomplete };
}

/** What manifests want at or below a registry, as if it were empty. */
export function readWishes(manifests: readonly Manifest[], name: RegistryName): Snapshot {
  const images = new Map<string, Map<Digest, readonly Tag[]>>();
  for (const manifest of manifests) {
    for (const destination of manifest.destinations.filter((registry) => isAtOrBelow(registry, name))) {
      for (const image of manifest.images) {
        const path = `${destination}/${image.name}`.slice(name.length + 1);
        const digests = images.get(path) ?? new Map<Digest, readonly Tag[]>();
        images.set(path, digests);
        for (const { digest, tags } of image.digests) {
          digests.set(digest, [...new Set([...(digests.get(digest) ?? []), ...tags])]);
        }
      }
    }
  }
  return images;
}

/** Only the digests that carry a tag, with all their tags. */
export function withTag(snapshot: Snapshot, tag: string): Snapshot {
  return filtered(snapshot, (_digest, tags) => (tags as readonly string[]).includes(tag));
}

/**
 * Leaves out the digests without a tag that an index of the registry names, in whatever repository (kpromo's
 * `--minimal-snapshot`). An index that cannot be read is noted, and its children stay.
 */
export async function withoutChildren(
  registry: Pick<RegistryClient, 'getManifest'>,
  snapshot: Snapshot,
  indexes: RegistryContent['indexes'],
  note: (text: string) => void,
): Promise<Snapshot> {
  const hasTagless = [...snapshot.values()].some((digests) => [...digests.values()].some((tags) => tags.length === 0));
  if (!hasTagless) return snapshot;
  const children = new Set<Digest>();
  await pMap(
    indexes,
    async ({ repository, digest }) => {
      try {
        const index = await registry.getManifest(repository, digest);
        if (index !== undefined) for (const child of readLinks(index).manifests) children.add(child.digest);
      } catch (thrown) {
        note(`warning: failed to read manifest list ${formatReference(repository, digest)}: ${messageOf(thrown)}`);
      }
    },
    { concurrency: INDEXES_AT_ONCE },
  );
  return filtered(snapshot, (digest, tags) => tags.length > 0 || !children.has(digest));
}

function filtered(snapshot: Snapshot, keep: (digest: Digest, tags: readonly Tag[]) => boolean): Snapshot {
  const images = [...snapshot].map(([name, digests]) => {
    const kept = [...digests].filter(([digest, tags]) => keep(digest, tags));
    return [name, new Map(kept)] as const;
  });
  return new Map(images.filter(([, digests]) => digests.size > 0));
}

function indexesIn({ repository, digests }: Pick<HeldRepository, 'repository' | 'digests'>) {
  return [...digests]
    .filter(([, { mediaType }]) => INDEX_TYPES.has(mediaType))
    .map(([digest]) => ({ repository, digest }));
}
