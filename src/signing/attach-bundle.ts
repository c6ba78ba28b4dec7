import type { RepositoryName } from '../reference.ts';
import type { Descriptor } from '../registry/registry.ts';
import { blobOf, bundleManifest, emptyConfig } from './attachment-manifest.ts';
import { readBundle } from './attachments.ts';
import type { Attachment } from './attachments.ts';
import { ensureBlob, writeBlob } from './blob-content.ts';
import { BUNDLE_V03 } from './media-types.ts';
import type { AttachContext } from './signing-context.ts';

export interface BundleAttachment {
  readonly repository: RepositoryName;
  readonly subject: Descriptor;
  /** The bundle's JSON. */
  readonly bundle: Buffer;
  readonly predicateType: string;
}

/**
 * Makes a bundle a referrer of an image and reads it back. The caller holds the digest's lock.
 *
 * @returns the bundle as it was read back; nothing, when it is gone again
 * @throws PromoterError the registry's errors
 */
export async function attachBundle(
  { registry, pushReferrer }: AttachContext,
  { repository, subject, bundle, predicateType }: BundleAttachment,
): Promise<Attachment | undefined> {
  const layer = blobOf(BUNDLE_V03, bundle);
  const manifest = bundleManifest(subject, layer.descriptor, predicateType, new Date());
  await Promise.all([writeBlob(registry, repository, layer), ensureBlob(registry, repository, emptyConfig())]);
  await pushReferrer(repository, subject, manifest);
  const { digest, mediaType, bytes } = manifest;
  const place = { registry, repository, digest: subject.digest };
  return readBundle(place, { digest, mediaType, size: bytes.length, artifactType: BUNDLE_V03 });
}
