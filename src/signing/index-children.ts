import { PromoterError } from '../errors.ts';
import { isDigest } from '../reference.ts';
import type { Descriptor, ManifestContent } from '../registry/registry.ts';
import type { AttachmentPlace } from './attachments.ts';
import { INDEX_TYPES } from './media-types.ts';

/**
 * The descriptor of a digest and of everything below it that is a manifest, each once, parents first: what a recursive
 * signature covers.
 *
 * @throws PromoterError `SourceLost` when a manifest is missing, `RegistryProtocol` when an index cannot be read
 */
export async function digestsOf(place: AttachmentPlace): Promise<readonly Descriptor[]> {
  const { registry, repository } = place;
  const found = new Map<string, Descriptor>();
  let level: readonly string[] = [place.digest];
  while (level.length > 0) {
    const next = new Set<string>();
    for (const digest of level) {
      if (found.has(digest)) continue;
      const content = await registry.getManifest(repository, digest as Descriptor['digest']);
      if (content === undefined) {
        throw new PromoterError('SourceLost', `${repository}@${digest} is not there, so it cannot be signed`);
      }
      found.set(digest, { mediaType: content.mediaType, digest: content.digest, size: content.bytes.length });
      for (const child of childrenOf(content)) next.add(child);
    }
    level = [...next];
  }
  return [...found.values()];
}

function childrenOf({ mediaType, bytes, digest }: ManifestContent): readonly string[] {
  if (!INDEX_TYPES.has(mediaType)) return [];
  try {
    const { manifests } = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
      manifests: readonly { digest: string }[];
    };
    return manifests.map((child) => child.digest).filter(isDigest);
  } catch (error) {
    throw new PromoterError('RegistryProtocol', `the index ${digest} cannot be read`, { cause: error });
  }
}
