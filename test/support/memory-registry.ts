import { Readable } from 'node:stream';
import { PromoterError } from '../../src/errors.ts';
import { hostOf, isDigest } from '../../src/reference.ts';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';
import type { CopyRegistry } from '../../src/registry/copy-blob.ts';
import { readLinks } from '../../src/registry/manifest-graph.ts';
import type { CallOptions, ManifestContent, Registry } from '../../src/registry/registry.ts';
import type { SampleImage } from '../../src/stack/sample-images.ts';
import { digestOf } from '../../src/stack/sample-layers.ts';

/** One call that a {@link MemoryRegistry} received. */
export interface RegistryCall {
  readonly name: keyof Registry;
  readonly repository: RepositoryName;
  readonly reference: string;
}

/** Every host in one map; enforces what real registries enforce: a manifest needs its blobs and children. */
export interface MemoryRegistry extends CopyRegistry {
  readonly calls: readonly RegistryCall[];
  /** Runs before each call; may wait or throw. */
  before: (call: RegistryCall) => Promise<void> | void;
  /** How many calls of this name there were, on a host or in all. */
  count(name: keyof Registry, host?: string): number;
  /** Puts a blob into a repository without it being counted. */
  addBlob(repository: RepositoryName, bytes: Uint8Array): Digest;
  addManifest(repository: RepositoryName, content: ManifestContent, tags?: readonly Tag[]): void;
  /** All of an image, without tags. */
  addImage(repository: RepositoryName, image: SampleImage): void;
  deleteBlob(repository: RepositoryName, digest: Digest): void;
  tagOf(repository: RepositoryName, tag: Tag): Digest | undefined;
  /** Serves these bytes for a blob whatever its digest says. */
  corrupt(digest: Digest, bytes: Uint8Array): void;
}

interface Stored {
  readonly blobs: Map<Digest, Uint8Array>;
  readonly manifests: Map<Digest, ManifestContent>;
  readonly tags: Map<Tag, Digest>;
}

/** Makes an empty one. */
export function createMemoryRegistry(): MemoryRegistry {
  const repositories = new Map<RepositoryName, Stored>();
  const corrupted = new Map<Digest, Uint8Array>();
  const calls: RegistryCall[] = [];

  function stored(repository: RepositoryName): Stored {
    const known = repositories.get(repository);
    if (known !== undefined) return known;
    const fresh: Stored = { blobs: new Map(), manifests: new Map(), tags: new Map() };
    repositories.set(repository, fresh);
    return fresh;
  }

  async function called(
    name: keyof Registry,
    repository: RepositoryName,
    reference: string,
    { signal }: CallOptions = {},
  ): Promise<Stored> {
    signal?.throwIfAborted();
    const call = { name, repository, reference };
    calls.push(call);
    await new Promise(setImmediate);
    await registry.before(call);
    signal?.throwIfAborted();
    return stored(repository);
  }

  function find({ manifests, tags }: Stored, reference: Tag | Digest): ManifestContent | undefined {
    const digest = isDigest(reference) ? reference : tags.get(reference);
    return digest === undefined ? undefined : manifests.get(digest);
  }

  const registry: MemoryRegistry = {
    calls,
    before: () => {},
    count: (name, host) =>
      calls.filter((call) => call.name === name && (host === undefined || hostOf(call.repository) === host)).length,
    addBlob(repository, bytes) {
      const digest = digestOf(bytes);
      stored(repository).blobs.set(digest, bytes);
      return digest;
    },
    addManifest(repository, content, tags = []) {
      stored(repository).manifests.set(content.digest, content);
      for (const tag of tags) stored(repository).tags.set(tag, content.digest);
    },
    addImage(repository, { blobs, manifests }) {
      for (const { bytes } of blobs) registry.addBlob(repository, bytes);
      for (const manifest of manifests) registry.addManifest(repository, manifest);
    },
    deleteBlob: (repository, digest) => void stored(repository).blobs.delete(digest),
    tagOf: (repository, tag) => stored(repository).tags.get(tag),
    corrupt: (digest, bytes) => void corrupted.set(digest, bytes),

    ping: async () => {},
    probeWrite: async () => {},
    listRepository: async (repository) => ({ kind: 'names', tags: new Set(stored(repository).tags.keys()) }),
    async listReferrers(repository, digest, options) {
      await called('listReferrers', repository, digest, options);
      return [];
    },
    async headManifest(repository, reference, options) {
      const found = find(await called('headManifest', repository, reference, options), reference);
      return found && { digest: found.digest, mediaType: found.mediaType, size: found.bytes.length };
    },
    async getManifest(repository, reference, options) {
      return find(await called('getManifest', repository, reference, options), reference);
    },
    async putManifest(repository, reference, content, options) {
      const { blobs, manifests, tags } = await called('putManifest', repository, reference, options);
      const links = readLinks(content);
      const missing =
        links.blobs.find(({ digest }) => !blobs.has(digest)) ??
        links.manifests.find(({ digest }) => !manifests.has(digest) && !blobs.has(digest));
      if (missing !== undefined) {
        throw new PromoterError('RegistryRefused', `PUT ${repository}: 400 MANIFEST_BLOB_UNKNOWN ${missing.digest}`);
      }
      manifests.set(content.digest, content);
      if (!isDigest(reference)) tags.set(reference, content.digest);
      return { subjectAccepted: false };
    },
    async hasBlob(repository, digest, options) {
      return (await called('hasBlob', repository, digest, options)).blobs.has(digest);
    },
    async openBlob(repository, { digest }, options) {
      const bytes = (await called('openBlob', repository, digest, options)).blobs.get(digest);
      if (bytes === undefined) throw new PromoterError('RegistryNotFound', `GET ${repository} blob ${digest}: 404`);
      return Readable.from(verified(digest, corrupted.get(digest) ?? bytes), { objectMode: false });
    },
    async mountBlob(repository, digest, from, options) {
      const { blobs } = await called('mountBlob', repository, digest, options);
      const bytes = stored(from).blobs.get(digest);
      if (bytes === undefined) return { repository, location: new URL(`http://${hostOf(repository)}/upload`) };
      blobs.set(digest, bytes);
      return 'mounted';
    },
    async openUpload(repository, options) {
      await called('openUpload', repository, '', options);
      return { repository, location: new URL(`http://${hostOf(repository)}/upload`) };
    },
    async putBlobAtOnce(repository, blob, content, options) {
      await registry.putBlob(await registry.openUpload(repository, options), blob, content, options);
    },
    async putBlob({ repository }, { digest }, content, options) {
      const { blobs } = await called('putBlob', repository, digest, options);
      const opened = content();
      const bytes = opened instanceof Uint8Array ? opened : Buffer.concat(await opened.toArray());
      if (digestOf(bytes) !== digest)
        throw new PromoterError('RegistryRefused', `PUT blob ${digest}: 400 DIGEST_INVALID`);
      blobs.set(digest, bytes);
    },
  };
  return registry;
}

async function* verified(digest: Digest, bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
  if (digestOf(bytes) !== digest) throw new PromoterError('DigestMismatch', `blob ${digest} has other bytes`);
}
