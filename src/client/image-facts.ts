import { buffer } from 'node:stream/consumers';
import { PromoterError } from '../errors.ts';
import { formatReference, type Digest, type RepositoryName } from '../reference.ts';
import { readLinks } from '../registry/manifest-graph.ts';
import type { Descriptor, ManifestContent, Registry } from '../registry/registry.ts';

/** What an image says of itself; nobody vouches for it. */
export interface ImageFacts {
  /** `os/architecture[/variant]`, in the order of the index; empty for what is no image. */
  readonly platforms: readonly string[];
  /** Bytes of all platforms' layers and configs, as they are transferred. */
  readonly bytes: number;
  /** ISO 8601, of the first platform. */
  readonly created?: string;
  /** `org.opencontainers.image.source` */
  readonly sourceRepository?: string;
  /** `org.opencontainers.image.revision` */
  readonly sourceCommit?: string;
}

type ImageReader = Pick<Registry, 'getManifest' | 'openBlob'>;

/** JSON of an object, of which nothing is known. */
type Fields = Readonly<Record<string, unknown>>;

/** Configs are some kilobytes; what is larger is none. */
const MAX_CONFIG_BYTES = 4 * 1024 * 1024;
/** Children of an index that are no platform: attestations and the like (BuildKit's attestation storage). */
const NO_PLATFORM = 'unknown/unknown';
const SOURCE = 'org.opencontainers.image.source';
const REVISION = 'org.opencontainers.image.revision';

/**
 * Reads what an image says of itself: its manifests, and the config of each platform (image specification 1.1).
 *
 * @throws PromoterError `RegistryNotFound` when something of it is missing, or what the registry answered
 */
export async function readImageFacts(
  registry: ImageReader,
  repository: RepositoryName,
  digest: Digest,
): Promise<ImageFacts> {
  const root = await readManifest(registry, repository, digest);
  const fields = fieldsOf(root.bytes);
  const children = readLinks(root).manifests;
  const platforms = children.length === 0 ? [root] : await readPlatforms(registry, repository, fields, children);
  const images = await Promise.all(platforms.map((content) => readPlatform(registry, repository, content)));
  const [first] = images;
  const labels = { ...first?.labels, ...textsOf(fields['annotations']) };
  return {
    platforms: images.flatMap(({ platform }) => platform ?? []),
    bytes: images.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(first?.created === undefined ? {} : { created: first.created }),
    ...(labels[SOURCE] === undefined ? {} : { sourceRepository: labels[SOURCE] }),
    ...(labels[REVISION] === undefined ? {} : { sourceCommit: labels[REVISION] }),
  };
}

function readPlatforms(
  registry: ImageReader,
  repository: RepositoryName,
  fields: Fields,
  children: readonly Descriptor[],
): Promise<readonly ManifestContent[]> {
  const described = Array.isArray(fields['manifests']) ? (fields['manifests'] as readonly unknown[]) : [];
  const runnable = children.filter(
    (_, at) => platformOf(objectOf(objectOf(described[at])['platform'])) !== NO_PLATFORM,
  );
  return Promise.all(runnable.map((child) => readManifest(registry, repository, child.digest)));
}

interface PlatformFacts {
  readonly bytes: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly platform?: string | undefined;
  readonly created?: string;
}

async function readPlatform(
  registry: ImageReader,
  repository: RepositoryName,
  content: ManifestContent,
): Promise<PlatformFacts> {
  const { config } = fieldsOf(content.bytes);
  const { blobs } = readLinks(content);
  const bytes = blobs.reduce((sum, blob) => sum + blob.size, 0);
  const descriptor = blobs.find(({ digest }) => digest === objectOf(config)['digest']);
  if (descriptor === undefined || descriptor.size > MAX_CONFIG_BYTES) return { bytes, labels: {} };
  const fields = fieldsOf(await buffer(await registry.openBlob(repository, descriptor)));
  const { created } = fields;
  return {
    bytes,
    platform: platformOf(fields),
    labels: textsOf(objectOf(fields['config'])['Labels']),
    ...(typeof created === 'string' && !Number.isNaN(Date.parse(created)) ? { created } : {}),
  };
}

async function readManifest(
  registry: ImageReader,
  repository: RepositoryName,
  digest: Digest,
): Promise<ManifestContent> {
  const content = await registry.getManifest(repository, digest);
  if (content !== undefined) return content;
  throw new PromoterError('RegistryNotFound', `${formatReference(repository, digest)} is not there`);
}

function platformOf({ os, architecture, variant }: Fields): string | undefined {
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined;
  return [os, architecture, ...(typeof variant === 'string' ? [variant] : [])].join('/');
}

function fieldsOf(bytes: Uint8Array): Fields {
  try {
    return objectOf(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return {};
  }
}

function objectOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  const texts = Object.entries(objectOf(value)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(texts);
}
