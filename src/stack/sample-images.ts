import type { RepositoryName, Tag } from '../reference.ts';
import type { Descriptor, ManifestContent, Registry } from '../registry/registry.ts';
import { digestOf, makeBlob, makeLayer } from './sample-layers.ts';
import type { SampleBlob, SampleLayer, Seed } from './sample-layers.ts';

/** An image, index or artifact with all that belongs to it. */
export interface SampleImage {
  readonly root: ManifestContent;
  /** Children before parents, the root last. */
  readonly manifests: readonly ManifestContent[];
  readonly blobs: readonly SampleBlob[];
}

export interface LayersOptions {
  readonly seed: Seed;
  /** Bytes of each layer's content. */
  readonly layerSizes: readonly number[];
  /** Lower layers, the same for all images with the same base. */
  readonly base?: { readonly seed: Seed; readonly layerSizes: readonly number[] };
}

export interface ImageOptions extends LayersOptions {
  /** `os/architecture[/variant]`, by default `linux/amd64`. */
  readonly platform?: string;
}

export interface IndexOptions extends LayersOptions {
  readonly platforms: readonly string[];
}

export interface ArtifactOptions {
  readonly artifactType: string;
  readonly payload: Uint8Array;
  readonly subject?: ManifestContent;
}

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const EMPTY = 'application/vnd.oci.empty.v1+json';

/** A runnable-looking image for one platform; its bytes depend on the options alone. */
export function makeImage(options: ImageOptions): SampleImage {
  const platform = parsePlatform(options.platform ?? 'linux/amd64');
  const layers = makeLayers(options, platform.architecture);
  const config = makeBlob(
    json({ ...platform, config: {}, rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) } }),
  );
  const root = makeManifest(MANIFEST, {
    config: describe(config, CONFIG),
    layers: layers.map((layer) => describe(layer, LAYER)),
  });
  return { root, manifests: [root], blobs: [config, ...layers] };
}

/** An index over an image for each platform. */
export function makeIndex({ platforms, ...options }: IndexOptions): SampleImage {
  const images = platforms.map((platform) => ({ platform, ...makeImage({ ...options, platform }) }));
  const root = makeManifest(INDEX, {
    manifests: images.map((image) => ({ ...describe(image.root, MANIFEST), platform: parsePlatform(image.platform) })),
  });
  return {
    root,
    manifests: [...images.map((image) => image.root), root],
    blobs: images.flatMap((image) => image.blobs),
  };
}

/** Anything that is no image (image specification 1.1, "Guidelines for Artifact Usage"). */
export function makeArtifact({ artifactType, payload, subject }: ArtifactOptions): SampleImage {
  const empty = makeBlob(json({}));
  const blob = makeBlob(payload);
  const root = makeManifest(MANIFEST, {
    artifactType,
    config: describe(empty, EMPTY),
    layers: [describe(blob, 'application/octet-stream')],
    ...(subject === undefined ? {} : { subject: describe(subject, subject.mediaType) }),
  });
  return { root, manifests: [root], blobs: [empty, blob] };
}

/** Uploads an image and tags it, or only what is missing of that. */
export async function pushSample(
  registry: Registry,
  repository: RepositoryName,
  image: SampleImage,
  tags: readonly Tag[] = [],
): Promise<void> {
  if ((await registry.headManifest(repository, image.root.digest)) === undefined) {
    await Promise.all(image.blobs.map((blob) => pushBlob(registry, repository, blob)));
    for (const manifest of image.manifests) await registry.putManifest(repository, manifest.digest, manifest);
  }
  for (const tag of tags) {
    const head = await registry.headManifest(repository, tag);
    if (head?.digest !== image.root.digest) await registry.putManifest(repository, tag, image.root);
  }
}

async function pushBlob(registry: Registry, repository: RepositoryName, { digest, bytes }: SampleBlob): Promise<void> {
  if (await registry.hasBlob(repository, digest)) return;
  const upload = await registry.openUpload(repository);
  await registry.putBlob(upload, { digest, size: bytes.length }, () => bytes);
}

function makeLayers({ seed, layerSizes, base }: LayersOptions, architecture: string): readonly SampleLayer[] {
  const lower = base === undefined ? [] : makeLayers(base, architecture);
  return [...lower, ...layerSizes.map((size, position) => makeLayer(size, `${seed} ${architecture} ${position}`))];
}

function makeManifest(mediaType: string, fields: Readonly<Record<string, unknown>>): ManifestContent {
  const bytes = json({ schemaVersion: 2, mediaType, ...fields });
  return { digest: digestOf(bytes), mediaType, bytes };
}

function describe({ digest, bytes }: SampleBlob, mediaType: string): Descriptor {
  return { mediaType, digest, size: bytes.length };
}

function parsePlatform(platform: string): { readonly os: string; readonly architecture: string; variant?: string } {
  const [os = '', architecture = '', variant] = platform.split('/');
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
