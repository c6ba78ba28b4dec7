import { PromoterError } from '../errors.ts';
import type { Digest } from '../reference.ts';
import { isDescriptor } from './descriptor.ts';
import type { Descriptor, ManifestContent } from './registry.ts';

/** What a manifest points to. Its `subject` is not part of it: a referrer is copied without what it refers to. */
export interface ManifestLinks {
  readonly manifests: readonly Descriptor[];
  /** Configs, layers and other blobs, without those that clients fetch from elsewhere. */
  readonly blobs: readonly Descriptor[];
}

/** A manifest with everything that must be in a repository before it may be written there. */
export interface ManifestNode {
  readonly content: ManifestContent;
  readonly children: readonly ManifestNode[];
  readonly blobs: readonly Descriptor[];
}

/** How far a graph may go before it is taken for an attack or an accident. */
export interface GraphLimits {
  readonly depth: number;
  readonly manifests: number;
  /** Of all manifests together. */
  readonly bytes: number;
}

/** Reads a child; `undefined` when the repository has no such manifest. */
export type ManifestReader = (digest: Digest) => Promise<ManifestContent | undefined>;

/** Far above real images: an index of indexes is 3 deep, and the largest indexes list some dozens of platforms. */
const GRAPH_LIMITS: GraphLimits = { depth: 8, manifests: 2000, bytes: 64 * 1024 * 1024 };

// Layers that a registry need not hold: image specification 1.1 "Non-Distributable Layers", Docker schema 2 "urls".
const FETCHED_ELSEWHERE =
  /^application\/vnd\.(?:docker\.image\.rootfs\.foreign\.diff\.tar|oci\.image\.layer\.nondistributable\.v1\.tar)/;

/**
 * The descriptors of a manifest by their place in it and not by its media type, so that artifacts and formats of the
 * future are copied too.
 *
 * @throws PromoterError `RegistryProtocol` when it is not JSON, is Docker's schema 1, or lists something that is no
 *   descriptor (image specification 1.1, "OCI Content Descriptors")
 */
export function readLinks(content: ManifestContent): ManifestLinks {
  const fields = parseFields(content);
  if ('fsLayers' in fields) {
    throw unusable(content, 'it is in Docker’s schema 1, which has no descriptors; push the image again as schema 2');
  }
  const configs = fields['config'] === undefined ? [] : [readDescriptor(content, fields['config'])];
  const layers = [...readList(content, fields, 'layers'), ...readList(content, fields, 'blobs')];
  return {
    manifests: readList(content, fields, 'manifests'),
    blobs: [...configs, ...layers].filter((blob) => !isFetchedElsewhere(blob)),
  };
}

/**
 * Reads a manifest's whole graph, level by level. A manifest that is reached on two ways is one node.
 *
 * Indexes may list plain blobs (BuildKit's cache does): what is not served as a manifest is taken for a blob, and is
 * found missing when it is read as one.
 *
 * @throws PromoterError `RegistryProtocol` for a malformed manifest, a cycle, or a graph beyond the limits
 */
export async function loadGraph(
  root: ManifestContent,
  read: ManifestReader,
  limits: GraphLimits = GRAPH_LIMITS,
): Promise<ManifestNode> {
  const loaded = new Map<Digest, LoadedManifest | undefined>();
  let level: readonly ManifestContent[] = [root];
  let bytes = 0;
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > limits.depth) throw unusable(root, `it nests deeper than ${limits.depth} manifests`);
    for (const content of level) loaded.set(content.digest, { content, links: readLinks(content) });
    bytes += level.reduce((sum, content) => sum + content.bytes.length, 0);
    if (bytes > limits.bytes) throw unusable(root, `its manifests have more than ${limits.bytes} bytes`);

    const listed = level.flatMap((content) => loaded.get(content.digest)?.links.manifests ?? []);
    const wanted = uniqueByDigest(listed.filter((child) => !loaded.has(child.digest)));
    if (loaded.size + wanted.length > limits.manifests) {
      throw unusable(root, `it has more than ${limits.manifests} manifests`);
    }
    const answers = await Promise.all(wanted.map(async ({ digest }) => ({ digest, content: await read(digest) })));
    for (const { digest, content } of answers) if (content === undefined) loaded.set(digest, undefined);
    level = answers.flatMap(({ content }) => content ?? []);
  }
  return buildNode(root.digest, loaded, new Map());
}

interface LoadedManifest {
  readonly content: ManifestContent;
  readonly links: ManifestLinks;
}

type Unfinished = 'unfinished';

function buildNode(
  digest: Digest,
  loaded: ReadonlyMap<Digest, LoadedManifest | undefined>,
  nodes: Map<Digest, ManifestNode | Unfinished>,
): ManifestNode {
  const { content, links } = loaded.get(digest) as LoadedManifest;
  const known = nodes.get(digest);
  if (known === 'unfinished') throw unusable(content, 'it contains itself');
  if (known !== undefined) return known;
  nodes.set(digest, 'unfinished');
  const isManifest = ({ digest }: Descriptor): boolean => loaded.get(digest) !== undefined;
  const listed = uniqueByDigest(links.manifests);
  const node: ManifestNode = {
    content,
    children: listed.filter(isManifest).map((child) => buildNode(child.digest, loaded, nodes)),
    blobs: uniqueByDigest([...links.blobs, ...listed.filter((child) => !isManifest(child))]),
  };
  nodes.set(digest, node);
  return node;
}

/** Every blob of a graph, once. */
export function blobsOf(root: ManifestNode): readonly Descriptor[] {
  return uniqueByDigest(nodesOf(root).flatMap((node) => node.blobs));
}

/** Every manifest of a graph once, children before parents. */
export function nodesOf(root: ManifestNode): readonly ManifestNode[] {
  const found = new Set<ManifestNode>();
  collect(root, found);
  return [...found];
}

function collect(node: ManifestNode, found: Set<ManifestNode>): void {
  if (found.has(node)) return;
  for (const child of node.children) collect(child, found);
  found.add(node);
}

function uniqueByDigest(descriptors: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor])).values()];
}

function isFetchedElsewhere(blob: Descriptor): boolean {
  return FETCHED_ELSEWHERE.test(blob.mediaType) && blob.urls !== undefined && blob.urls.length > 0;
}

function parseFields(content: ManifestContent): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content.bytes));
  } catch (cause) {
    throw unusable(content, 'it is not JSON', cause);
  }
  if (!isRecord(parsed)) throw unusable(content, 'it is not a JSON object');
  return parsed;
}

function readList(
  content: ManifestContent,
  fields: Readonly<Record<string, unknown>>,
  name: string,
): readonly Descriptor[] {
  const list = fields[name] ?? [];
  if (!Array.isArray(list)) throw unusable(content, `its '${name}' is not a list`);
  return list.map((entry) => readDescriptor(content, entry));
}

function readDescriptor(content: ManifestContent, value: unknown): Descriptor {
  if (isDescriptor(value)) return value;
  const shown = JSON.stringify(value).slice(0, 200);
  throw unusable(content, `it lists ${shown}, which is no descriptor with media type, sha256 digest and size`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unusable(content: ManifestContent, why: string, cause?: unknown): PromoterError {
  const kind = content.mediaType === '' ? 'without media type' : `of type ${content.mediaType}`;
  return new PromoterError('RegistryProtocol', `manifest ${content.digest} ${kind} cannot be copied: ${why}`, {
    cause,
  });
}
