import pMap from 'p-map';
import { PromoterError } from '../errors.ts';
import type { Digest, RepositoryName } from '../reference.ts';
import type { Descriptor, ManifestContent } from '../registry/registry.ts';
import type { AttachmentAllowance } from './attachment-allowance.ts';
import { createAllowance } from './attachment-allowance.ts';
import { attachmentTag, parseAttachmentManifest } from './attachment-manifest.ts';
import type { AttachmentManifest } from './attachment-manifest.ts';
import { readBlob } from './blob-content.ts';
import { BUNDLE_PREDICATE_ANNOTATION, BUNDLE_TYPE, DSSE_ENVELOPE, SIMPLE_SIGNING } from './media-types.ts';
import type { SigningRegistry } from './port.ts';
import type { AttachmentFormat } from './verdict.ts';

/** Something that claims to be a signature or attestation of a digest, as a registry served it. */
export interface Attachment {
  readonly format: AttachmentFormat;
  /** The layer of a `.sig` or `.att` manifest, or the manifest of a bundle. */
  readonly descriptor: Descriptor;
  /** The layer's bytes, or why they cannot be judged. */
  readonly content: Buffer | PromoterError;
}

/** Where to look. */
export interface AttachmentPlace {
  readonly registry: SigningRegistry;
  readonly repository: RepositoryName;
  readonly digest: Digest;
  /** How much more is read of it; without one there is no end to it. */
  readonly allowance?: AttachmentAllowance;
}

const CONCURRENCY = 8;

/**
 * All attachments of a digest that belong to these formats.
 *
 * What is beyond the {@link AttachmentAllowance} is not read, and counts as invalid.
 *
 * @param predicateType leaves out bundles that say of themselves that they are of another type, unread
 * @throws PromoterError the registry's errors
 */
export async function readAttachments(
  place: AttachmentPlace,
  formats: readonly AttachmentFormat[],
  predicateType?: string,
): Promise<readonly Attachment[]> {
  const allowed = { ...place, allowance: place.allowance ?? createAllowance() };
  const found = await Promise.all(
    formats.map((format) => (format === 'bundle' ? readBundles(allowed, predicateType) : readTag(allowed, format))),
  );
  return found.flat();
}

/** The `.sig` or `.att` manifest of a digest, if there is one. */
export function getTagManifest(
  { registry, repository, digest }: AttachmentPlace,
  format: 'sig-tag' | 'att-tag',
): Promise<ManifestContent | undefined> {
  return registry.getManifest(repository, attachmentTag(digest, format === 'sig-tag' ? 'sig' : 'att'));
}

/** The layers of a tag's manifest. */
async function readLayers(
  place: AttachmentPlace,
  format: 'sig-tag' | 'att-tag',
  content: ManifestContent,
): Promise<readonly Attachment[]> {
  let manifest: AttachmentManifest;
  try {
    manifest = parseAttachmentManifest(content.bytes);
  } catch (error) {
    return [{ format, descriptor: describe(content), content: asInvalid(error) }];
  }
  // cosign 1 wrote attestations without telling their media type apart, so an `.att` layer is taken for one anyway.
  const layers =
    format === 'sig-tag'
      ? manifest.layers.filter(({ mediaType }) => mediaType === SIMPLE_SIGNING)
      : manifest.layers.filter(({ mediaType }) => mediaType === DSSE_ENVELOPE || !BUNDLE_TYPE.test(mediaType));
  return pMap(layers, (descriptor) => readLayer(place, format, descriptor), { concurrency: CONCURRENCY });
}

/** One layer of a tag's manifest. */
export async function readLayer(
  place: AttachmentPlace,
  format: 'sig-tag' | 'att-tag',
  descriptor: Descriptor,
): Promise<Attachment> {
  return { format, descriptor, content: await contentOf(place, descriptor) };
}

/** One referrer, if it is a bundle. @throws PromoterError the registry's errors */
export async function readBundle(place: AttachmentPlace, referrer: Descriptor): Promise<Attachment | undefined> {
  const { registry, repository, digest } = place;
  const served = await registry.getManifest(repository, referrer.digest);
  // The list may be older than a deletion.
  if (served === undefined) return undefined;
  const descriptor = describe(served);
  try {
    const manifest = parseAttachmentManifest(served.bytes);
    const layer = bundleLayer(manifest);
    if (layer === undefined) return undefined;
    if (manifest.subject?.digest !== digest) {
      throw new PromoterError('SignatureInvalid', `its manifest is about ${manifest.subject?.digest ?? 'nothing'}`);
    }
    return { format: 'bundle', descriptor, content: await contentOf(place, layer) };
  } catch (error) {
    return claimsBundle(referrer) ? { format: 'bundle', descriptor, content: asInvalid(error) } : undefined;
  }
}

/** The layer that holds a manifest's bundle. */
export function bundleLayer(manifest: AttachmentManifest): Descriptor | undefined {
  return manifest.layers.find(({ mediaType }) => BUNDLE_TYPE.test(mediaType));
}

/**
 * Whether a referrer can be a bundle by what the list says of it. Registries disagree on what to report as its type
 * (some the configuration's media type), so only a type that says otherwise rules it out.
 */
export function mayBeBundle({ artifactType }: Descriptor): boolean {
  return (
    artifactType === undefined ||
    artifactType === '' ||
    artifactType.startsWith('application/vnd.oci.') ||
    BUNDLE_TYPE.test(artifactType)
  );
}

async function readTag(place: AttachmentPlace, format: 'sig-tag' | 'att-tag'): Promise<readonly Attachment[]> {
  const content = await getTagManifest(place, format);
  return content === undefined ? [] : readLayers(place, format, content);
}

async function readBundles(place: AttachmentPlace, predicateType?: string): Promise<readonly Attachment[]> {
  const listed = await place.registry.listReferrers(place.repository, place.digest);
  const referrers = listed.filter((referrer) => {
    const type = referrer.annotations?.[BUNDLE_PREDICATE_ANNOTATION] ?? predicateType;
    return mayBeBundle(referrer) && (predicateType === undefined || type === predicateType);
  });
  const read = await pMap(referrers, (referrer) => readBundle(place, referrer), { concurrency: CONCURRENCY });
  return read.filter((attachment) => attachment !== undefined);
}

async function contentOf(place: AttachmentPlace, descriptor: Descriptor): Promise<Attachment['content']> {
  try {
    place.allowance?.take(descriptor.size);
    return await readBlob(place.registry, place.repository, descriptor);
  } catch (error) {
    return asInvalid(error);
  }
}

/** @throws what it was given when that says nothing about the attachment: the registry's errors */
function asInvalid(error: unknown): PromoterError {
  if (error instanceof PromoterError && error.code === 'SignatureInvalid') return error;
  throw error;
}

function claimsBundle({ artifactType }: Descriptor): boolean {
  return artifactType !== undefined && BUNDLE_TYPE.test(artifactType);
}

function describe({ digest, mediaType, bytes }: ManifestContent): Descriptor {
  return { mediaType, digest, size: bytes.length };
}
