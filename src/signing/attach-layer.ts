import { PromoterError } from '../errors.ts';
import type { Descriptor, ManifestContent } from '../registry/registry.ts';
import { attachmentTag, layeredManifest, parseAttachmentManifest } from './attachment-manifest.ts';
import type { Blob } from './attachment-manifest.ts';
import { getTagManifest, readLayer } from './attachments.ts';
import type { Attachment, AttachmentPlace } from './attachments.ts';
import { writeBlob } from './blob-content.ts';

/** Writers in other processes can come in between; each round that loses against one is repeated. */
const ROUNDS = 5;

/**
 * Adds a layer to the `.sig` manifest of a digest beside those that are there, and reads it back. The caller holds the
 * digest's lock.
 *
 * @returns the layer as it was read back
 * @throws PromoterError `RegistryProtocol` when the layer is gone again after every round; the registry's errors
 */
export async function attachLayer(place: AttachmentPlace, layer: Blob): Promise<Attachment> {
  const { registry, repository, digest } = place;
  const tag = attachmentTag(digest, 'sig');
  await writeBlob(registry, repository, layer);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const layers = [...layersIn(await getTagManifest(place, 'sig-tag')), layer.descriptor];
    const { manifest, config } = layeredManifest(layers);
    await writeBlob(registry, repository, config);
    await registry.putManifest(repository, tag, manifest);
    const written = layersIn(await getTagManifest(place, 'sig-tag')).find((one) => sameLayer(one, layer.descriptor));
    if (written !== undefined) return readLayer(place, 'sig-tag', written);
  }
  throw new PromoterError(
    'RegistryProtocol',
    `a signature written to ${repository}:${tag} was gone when it was read back, ${ROUNDS} times: something else writes there`,
  );
}

/** Whether two layers are the same signature: the payload alone is not, since everybody signs the same one. */
function sameLayer(a: Descriptor, b: Descriptor): boolean {
  return layerKey(a) === layerKey(b);
}

/** A text that is equal for equal layers. */
export function layerKey({ digest, annotations = {} }: Descriptor): string {
  return JSON.stringify([digest, Object.entries(annotations).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Nothing that cannot be read as signatures can verify as one, so nothing is lost by leaving it out. */
export function layersIn(content: ManifestContent | undefined): readonly Descriptor[] {
  if (content === undefined) return [];
  try {
    return parseAttachmentManifest(content.bytes).layers;
  } catch {
    return [];
  }
}
