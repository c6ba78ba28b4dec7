import pMap from 'p-map';
import { PromoterError } from '../errors.ts';
import type { Digest, RepositoryName } from '../reference.ts';
import type { Descriptor, ManifestContent } from '../registry/registry.ts';
import { allSettled } from './all-settled.ts';
import { layerKey, layersIn } from './attach-layer.ts';
import { attachmentTag, layeredManifest, parseAttachmentManifest } from './attachment-manifest.ts';
import { bundleLayer, getTagManifest } from './attachments.ts';
import type { AttachmentPlace } from './attachments.ts';
import { ensureBlob, writeBlob } from './blob-content.ts';
import { openSignatures } from './signature-source.ts';
import type { SignatureSource } from './signature-source.ts';
import type { AttachContext } from './signing-context.ts';

/** Legacy signatures, legacy attestations, bundles. */
export type AttachedKind = 'sig' | 'att' | 'bundles';

export interface CopyRequest {
  readonly from: RepositoryName;
  readonly to: RepositoryName;
  /** The image, which both repositories hold. */
  readonly subject: Descriptor;
  /** All unless given. */
  readonly kinds?: readonly AttachedKind[];
}

/** What was missing at the destination and is there now. All zero means that it had everything. */
export interface CopyOutcome {
  /** Layers added to `.sig`. */
  readonly signatures: number;
  /** Layers added to `.att`. */
  readonly attestations: number;
  readonly bundles: number;
}

const ALL_KINDS: readonly AttachedKind[] = ['sig', 'att', 'bundles'];
const CONCURRENCY = 8;

/** Hands the signatures and attestations of an image to one other repository; see {@link handSignatures}. */
export function copySignatures(context: AttachContext, request: CopyRequest): Promise<CopyOutcome> {
  const source = openSignatures(context.registry, request.from, request.subject);
  return handSignatures(context, source, request.to, request.kinds);
}

/**
 * Hands what a repository has attached to an image to another repository that holds the image too.
 *
 * It only adds: what the destination has stays, so that nothing that verifies is ever replaced. Doing it again changes
 * nothing.
 *
 * @throws PromoterError the registries' errors
 */
export function handSignatures(
  context: AttachContext,
  source: SignatureSource,
  to: RepositoryName,
  kinds: readonly AttachedKind[] = ALL_KINDS,
): Promise<CopyOutcome> {
  const { digest } = source.subject;
  const target = { registry: context.registry, repository: to, digest };
  return context.locks.hold(to, digest, async () => {
    const [signatures, attestations, bundles] = await allSettled([
      kinds.includes('sig') ? mergeTag(source, target, 'sig') : 0,
      kinds.includes('att') ? mergeTag(source, target, 'att') : 0,
      kinds.includes('bundles') ? addBundles(context, source, target) : 0,
    ]);
    return { signatures, attestations, bundles };
  });
}

async function mergeTag(source: SignatureSource, target: AttachmentPlace, suffix: 'sig' | 'att'): Promise<number> {
  const offered = await source.tagManifest(suffix);
  if (offered === undefined) return 0;
  const present = await getTagManifest(target, suffix === 'sig' ? 'sig-tag' : 'att-tag');
  if (present?.digest === offered.digest) return 0;

  const there = layersIn(present);
  const known = new Set(there.map(layerKey));
  const offeredLayers = layersIn(offered);
  const wanted = offeredLayers.filter((layer) => !known.has(layerKey(layer)));
  const missing = await copyReadable(source, target, wanted);
  if (missing.length === 0) return 0;

  const { registry, repository, digest } = target;
  const tag = attachmentTag(digest, suffix);
  const merged = new Set([...there, ...missing].map(layerKey));
  if (merged.size === offeredLayers.length && offeredLayers.every((layer) => merged.has(layerKey(layer)))) {
    // The destination comes to hold exactly what the source does: the same bytes make both equal by digest.
    await copyBlob(source, target, parseAttachmentManifest(offered.bytes).config);
    await registry.putManifest(repository, tag, offered);
  } else {
    const { manifest, config } = layeredManifest([...there, ...missing]);
    await writeBlob(registry, repository, config);
    await registry.putManifest(repository, tag, manifest);
  }
  return missing.length;
}

async function addBundles(
  { registry, pushReferrer }: AttachContext,
  source: SignatureSource,
  target: AttachmentPlace,
): Promise<number> {
  const { subject } = source;
  const offered = await source.bundles();
  if (offered.length === 0) return 0;
  const listed = await registry.listReferrers(target.repository, subject.digest);
  const known = new Set<Digest>(listed.map(({ digest }) => digest));
  let added = 0;
  // One after another: where a tag keeps the list of referrers, each of them rewrites it.
  for (const { digest } of offered.filter((referrer) => !known.has(referrer.digest))) {
    const manifest = await source.manifest(digest);
    const blobs = manifest === undefined ? undefined : bundleBlobs(manifest, subject.digest);
    if (manifest === undefined || blobs === undefined) continue;
    if ((await copyReadable(source, target, blobs)).length < blobs.length) continue;
    await pushReferrer(target.repository, subject, manifest);
    added += 1;
  }
  return added;
}

/** The blobs of a bundle's manifest; none of anything else. */
function bundleBlobs(content: ManifestContent, subject: Digest): readonly Descriptor[] | undefined {
  try {
    const manifest = parseAttachmentManifest(content.bytes);
    if (bundleLayer(manifest) === undefined || manifest.subject?.digest !== subject) return undefined;
    return [manifest.config, ...manifest.layers];
  } catch (error) {
    if (error instanceof PromoterError) return undefined;
    throw error;
  }
}

/** Copies the blobs of layers. One that the source itself cannot give back proves nothing, and is left where it is. */
async function copyReadable(
  source: SignatureSource,
  target: AttachmentPlace,
  layers: readonly Descriptor[],
): Promise<readonly Descriptor[]> {
  const copied = await pMap(
    layers,
    async (layer) => {
      try {
        await copyBlob(source, target, layer);
        return [layer];
      } catch (error) {
        if (error instanceof PromoterError && error.code === 'SignatureInvalid') return [];
        throw error;
      }
    },
    { concurrency: CONCURRENCY },
  );
  return copied.flat();
}

/** A blob is read before the destination is asked for it, so that what cannot be read is noticed either way. */
async function copyBlob(
  source: SignatureSource,
  { registry, repository }: AttachmentPlace,
  descriptor: Descriptor,
): Promise<void> {
  await ensureBlob(registry, repository, { descriptor, bytes: await source.blob(descriptor) });
}
