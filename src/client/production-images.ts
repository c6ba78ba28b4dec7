import { PromoterError } from '../errors.ts';
import { isDigest, type Digest, type RegistryName, type RepositoryName, type Tag } from '../reference.ts';
import type { RegistryClient } from '../registry/client-options.ts';
import type { HeldRepository } from '../registry/walk.ts';
import { imageIdentity, type IdentityRewrite } from '../signing/identity-rewrite.ts';
import { parseAttachmentTag } from '../signing/signature-set.ts';
import { parseImage } from './image-argument.ts';

type Reader = Pick<RegistryClient, 'walk' | 'headManifest'>;

/** One image of a production registry. */
export interface ProductionImage {
  /** Path below the registry. */
  readonly name: string;
  readonly digest: Digest;
  /** Without those under which signatures are kept; at least one unless the image was named by its digest. */
  readonly tags: readonly Tag[];
  readonly uploadedAt?: number;
}

/** Which images count: by when they were uploaded, in milliseconds since the epoch, and how many at most (0: all). */
export interface ImageWindow {
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

/** Images of one platform each; their index, which is in a repository of its own, stands for them (as in kpromo). */
const OF_ONE_PLATFORM = /-(?:amd64|arm|arm64|ppc64le|s390x)$/;

/**
 * The tagged images of a registry that were uploaded in a window, newest first. Where the registry does not say when,
 * as none but Google's do, all of them count, and `dated` is false.
 *
 * @throws PromoterError `Registry*`
 */
export async function recentImages(
  registry: Reader,
  name: RegistryName,
  { from, to, limit }: ImageWindow,
): Promise<{ readonly images: readonly ProductionImage[]; readonly dated: boolean }> {
  const images: ProductionImage[] = [];
  let dated = true;
  for await (const held of registry.walk(name)) {
    // The registry's own name is no image of it.
    if (held.repository.length === name.length || OF_ONE_PLATFORM.test(held.repository)) continue;
    for (const image of taggedIn(held, name)) {
      dated &&= image.uploadedAt !== undefined;
      const { uploadedAt = to } = image;
      if (uploadedAt >= from && uploadedAt <= to) images.push(image);
    }
  }
  images.sort(newestFirst);
  return { images: limit === 0 ? images : images.slice(0, limit), dated };
}

/**
 * The images of a registry that are named as users pull them, or as they are called there; all tagged ones of a
 * repository that is named without tag and digest.
 *
 * @throws PromoterError `UsageInvalid` for what is not below the registry, `RegistryNotFound`, `Registry*`
 */
export async function namedImages(
  registry: Reader,
  name: RegistryName,
  references: readonly string[],
  rewrites?: readonly IdentityRewrite[],
): Promise<readonly ProductionImage[]> {
  const found: ProductionImage[] = [];
  for (const text of references) {
    const { repository: named, reference } = parseImage(text);
    const repository = inRegistry(named, name, rewrites);
    const image = repository.slice(name.length + 1);
    if (reference === undefined) {
      for await (const held of registry.walk(name, { repositories: [repository] })) found.push(...taggedIn(held, name));
      continue;
    }
    const head = await registry.headManifest(repository, reference);
    if (head === undefined) throw new PromoterError('RegistryNotFound', `${text} is not in ${repository}`);
    found.push({ name: image, digest: head.digest, tags: isDigest(reference) ? [] : [reference] });
  }
  return found;
}

function taggedIn({ repository, digests }: HeldRepository, registry: RegistryName): readonly ProductionImage[] {
  return [...digests].flatMap(([digest, { tags: all, uploadedAt }]) => {
    const tags = all.filter((tag) => parseAttachmentTag(tag) === undefined);
    const name = repository.slice(registry.length + 1);
    return tags.length === 0 ? [] : [{ name, digest, tags, ...(uploadedAt === undefined ? {} : { uploadedAt }) }];
  });
}

function inRegistry(
  named: RepositoryName,
  registry: RegistryName,
  rewrites: readonly IdentityRewrite[] | undefined,
): RepositoryName {
  const publicName = imageIdentity(registry as string as RepositoryName, rewrites);
  const base = [registry, publicName].find((base) => named.startsWith(`${base}/`));
  if (base !== undefined) return `${registry}${named.slice(base.length)}` as RepositoryName;
  const names = publicName === registry ? registry : `${publicName} (${registry})`;
  throw new PromoterError('UsageInvalid', `${named} is not below ${names}; name manifests that promote it`);
}

function newestFirst(a: ProductionImage, b: ProductionImage): number {
  return (b.uploadedAt ?? 0) - (a.uploadedAt ?? 0) || (`${a.name}@${a.digest}` < `${b.name}@${b.digest}` ? -1 : 1);
}
