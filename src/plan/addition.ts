import { PromoterError } from '../errors.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { Digest, RegistryName, RepositoryName } from '../reference.ts';
import type { Group } from './document.ts';
import type { ImageWish } from './wish.ts';

/**
 * What manifests would ask for if they named one destination more, and no other.
 *
 * @param like the registry that the new one is to be like: paths below it are kept; one that all manifests name unless given
 * @throws PromoterError `RequestInvalid` when nothing is promoted to that, or when there is no such registry
 */
export function redirect(
  manifests: readonly Manifest[],
  destination: RegistryName,
  like: string = commonDestination(manifests),
): readonly Manifest[] {
  const redirected = manifests.flatMap((manifest) => {
    const paths = new Set(manifest.destinations.flatMap((registry) => below(registry, like)));
    const destinations = [...paths].map((path) => `${destination}${path}` as RegistryName);
    return destinations.length === 0 ? [] : [{ ...manifest, destinations }];
  });
  if (redirected.length > 0) return redirected;
  const known = [...new Set(manifests.flatMap(({ destinations }) => destinations))].sort();
  throw new PromoterError(
    'RequestInvalid',
    `the manifests promote nothing to ${like}, which ${destination} is to be like; they name ${known.join(', ')}`,
  );
}

/** Says of each group where its digest is, or will be, beside the destination that is added: it is signed in one place. */
export function settledElsewhere(groups: readonly Group[], wishes: readonly ImageWish[]): readonly Group[] {
  const elsewhere = new Map<string, Set<RepositoryName>>();
  for (const { source, destinations, digests } of wishes) {
    for (const { digest } of digests) {
      const key = groupKey(source, digest);
      const known = elsewhere.get(key) ?? new Set();
      elsewhere.set(key, known);
      for (const destination of destinations) known.add(destination);
    }
  }
  return groups.map((group) => ({
    ...group,
    settled: [...(group.settled ?? []), ...(elsewhere.get(groupKey(group.source, group.digest)) ?? [])],
  }));
}

function commonDestination(manifests: readonly Manifest[]): string {
  const [first, ...others] = manifests.map(({ destinations }) => destinations);
  const common = first?.find((registry) => others.every((destinations) => destinations.includes(registry)));
  if (common !== undefined) return common;
  throw new PromoterError(
    'RequestInvalid',
    'the manifests promote to different registries: say which of them, or what prefix of them, the new destination is to be like',
  );
}

/** The path of a registry below another one, with its slash; nothing when it is elsewhere. */
function below(registry: RegistryName, prefix: string): readonly string[] {
  if (registry === prefix) return [''];
  return registry.startsWith(`${prefix}/`) ? [registry.slice(prefix.length)] : [];
}

function groupKey(source: RepositoryName, digest: Digest): string {
  return `${source}@${digest}`;
}
