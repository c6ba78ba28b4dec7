import { PromoterError } from '../errors.ts';
import type { Digest, RepositoryName } from '../reference.ts';
import type { Descriptor } from '../registry/registry.ts';
import { blobOf, bundleManifest, emptyConfig } from './attachment-manifest.ts';
import { readBundle } from './attachments.ts';
import type { Attachment } from './attachments.ts';
import { ensureBlob, writeBlob } from './blob-content.ts';
import { BUNDLE_V03 } from './media-types.ts';
import type { AttachContext } from './signing-context.ts';

/** Where no referrers API keeps the list, another process can overwrite it between our reading and writing. */
const ROUNDS = 5;

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
 * @throws PromoterError `RegistryProtocol` when the list of referrers does not come to hold it; the registry's errors
 */
export async function attachBundle(context: AttachContext, request: BundleAttachment): Promise<Attachment> {
  const { registry } = context;
  const { repository, subject, bundle, predicateType } = request;
  const layer = blobOf(BUNDLE_V03, bundle);
  const manifest = bundleManifest(subject, layer.descriptor, predicateType, new Date());
  await Promise.all([writeBlob(registry, repository, layer), ensureBlob(registry, repository, emptyConfig())]);
  for (let round = 1; round <= ROUNDS; round += 1) {
    await context.pushReferrer(repository, subject, manifest);
    const listed = await findReferrer(context, repository, subject.digest, manifest.digest);
    const place = { registry, repository, digest: subject.digest };
    const attachment = listed === undefined ? undefined : await readBundle(place, listed);
    if (attachment !== undefined) return attachment;
  }
  throw new PromoterError(
    'RegistryProtocol',
    `${repository} took the referrer ${manifest.digest} of ${subject.digest}, but does not list it`,
  );
}

async function findReferrer(
  { registry }: AttachContext,
  repository: RepositoryName,
  subject: Digest,
  referrer: Digest,
): Promise<Descriptor | undefined> {
  return (await registry.listReferrers(repository, subject)).find(({ digest }) => digest === referrer);
}
