import pMap from 'p-map';
import { PromoterError } from '../errors.ts';
import type { Digest, RepositoryName } from '../reference.ts';
import type { Descriptor, ManifestContent } from '../registry/registry.ts';
import { allSettled } from './all-settled.ts';
import { ensureBlobs, layerKey, layersIn } from './attach-layer.ts';
import { attachmentTag, layeredManifest, parseAttachmentManifest } from './attachment-manifest.ts';
import type { Blob } from './attachment-manifest.ts';
import { bundleLayer, getTagManifest, mayBeBundle } from './attachments.ts';
import type { AttachmentPlace } from './attachments.ts';
import { ensureBlob, readBlob } from './blob-content.ts';
import type { AttachContext } from './signing-context.ts';

export interface CopyRequest {
  readonly from: RepositoryName;
  readonly to: RepositoryName;
  /** The image, which both repositories hold. */
  readonly subject: Descriptor;
  /** What to hand over; legacy signatures, legacy attestations and bundles unless given. */
  readonly kinds?: readonly ('sig' | 'att' | 'bundles')[];
}

/** What was missing at the destination and is there now. All zero means that it had everything. */
export interface CopyOutcome {
  /** Layers added to `.sig`. */
  readonly signatures: number;
  /** Layers added to `.att`. */
  readonly attestations: number;
  readonly bundles: number;
}

const CONCURRENCY = 8;

/**
 * Hands the signatures and attestations of an image from one repository to another.
 *
 * It only adds: what the destination has stays, so that nothing that verifies is ever replaced. Doing it again changes
 * nothing.
 *
 * @throws PromoterError the registries' errors
 */
export function copySignatures(context: AttachContext, request: CopyRequest): Promise<CopyOutcome> {
  const { from, to, subject, kinds = ['sig', 'att', 'bundles'] } = request;
  const source = { registry: context.registry, repository: from, digest: subject.digest };
  const target = { ...source, repository: to };
  return context.locks.hold(to, subject.digest, async () => {
    const [signatures, attestations, bundles] = await allSettled([
      kinds.includes('sig') ? mergeTag(source, target, 'sig') : 0,
      kinds.includes('att') ? mergeTag(source, target, 'att') : 0,
      kinds.includes('bundles') ? addBundles(context, source, target, subject) : 0,
    ]);
    return { signatures, attestations, bundles };
  });
}

async function mergeTag(source: AttachmentPlace, target: AttachmentPlace, suffix: 'sig' | 'att'): Promise<number> {
  const format = suffix === 'sig' ? 'sig-tag' : 'att-tag';
  const offered = await getTagManifest(source, format);
  if (offered === undefined) return 0;
  const present = await getTagManifest(target, format);
  if (present?.digest === offered.digest) return 0;

  const there = layersIn(present);
  const known = new Set(there.map(layerKey));
  const offeredLayers = layersIn(offered);
  const missing = await copyReadable(
    source,
    target,
    offeredLayers.filter((layer) => !known.has(layerKey(layer))),
  );
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
    await ensureBlobs(registry, repository, [config]);
    await registry.putManifest(repository, tag, manifest);
  }
  return missing.length;
}

/** Copies the blobs of layers. One that the source itself cannot give back proves nothing, and is left where it is. */
async function copyReadable(
  source: AttachmentPlace,
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

async function addBundles(
  context: AttachContext,
  source: AttachmentPlace,
  target: AttachmentPlace,
  subject: Descriptor,
): Promise<number> {
  const { registry } = context;
  const offered = (await registry.listReferrers(source.repository, subject.digest)).filter(mayBeBundle);
  if (offered.length === 0) return 0;
  const listed = await registry.listReferrers(target.repository, subject.digest);
  const known = new Set<Digest>(listed.map(({ digest }) => digest));
  let added = 0;
  // One after another: where a tag keeps the list of referrers, each of them rewrites it.
  for (const { digest } of offered.filter((referrer) => !known.has(referrer.digest))) {
    const manifest = await registry.getManifest(source.repository, digest);
    const blobs = manifest === undefined ? undefined : bundleBlobs(manifest, subject.digest);
    if (manifest === undefined || blobs === undefined) continue;
    if ((await copyReadable(source, target, blobs)).length < blobs.length) continue;
    await context.pushReferrer(target.repository, subject, manifest);
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

async function copyBlob(source: AttachmentPlace, target: AttachmentPlace, descriptor: Descriptor): Promise<void> {
  if (await target.registry.hasBlob(target.repository, descriptor.digest)) return;
  const blob: Blob = { descriptor, bytes: await readBlob(source.registry, source.repository, descriptor) };
  await ensureBlob(target.registry, target.repository, blob);
}
