import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import pMap from 'p-map';
import { isTransient, PromoterError } from '../errors.ts';
import type { Digest, RepositoryName, Tag } from '../reference.ts';
import type { RegistryClient } from '../registry/client-options.ts';
import type { Registry } from '../registry/registry.ts';
import { digestOf } from './folder-store.ts';
import { manifestOf, readManifest, type StoredBlob } from './oci-manifest.ts';
import { createPins, type Pins } from './oci-pins.ts';
import { isHashedTag, nameOfTag, REMOVED_TAG, tagOfName, tagOfPin } from './oci-tags.ts';
import { checkStoreName } from './store-name.ts';
import type { PlanStore } from './store.ts';

/** The calls of a registry that the store needs. */
export type StoreRegistry = Registry & Pick<RegistryClient, 'putBlobAtOnce' | 'readBlob' | 'deleteTag'>;

interface OciStore {
  readonly registry: StoreRegistry;
  readonly repository: RepositoryName;
  readonly pins: Pins;
  /** Sizes of what this process has put or read. */
  readonly sizes: LRUCache<Digest, number>;
}

const REMEMBERED_SIZES = 100_000;
const UPLOADS = 3;
const READS_AT_ONCE = 16;
/** From here on a list may have been cut off without a word (https://cloud.google.com/artifact-registry/quotas). */
const TRUSTED_TAGS = 10_000;

/** What a name points to that was removed where the registry deletes no tags. */
const NOTHING = new TextEncoder().encode('removed\n');
const REMOVED = manifestOf([{ digest: digestOf(NOTHING), size: NOTHING.length }]);

/**
 * Opens a plan store in a repository, which it shares with nothing else; it makes no request by itself.
 *
 * Content is a blob under its own digest, and a name is a tag of a manifest that holds the blob. What has no name yet is
 * held by manifests under tags of the process's own, many blobs to one. Tags must be mutable there.
 */
export function openOciStore(registry: StoreRegistry, repository: RepositoryName): PlanStore {
  const process = randomUUID();
  const store: OciStore = {
    registry,
    repository,
    sizes: new LRUCache({ max: REMEMBERED_SIZES }),
    pins: createPins(async (number, blobs) => {
      await registry.putManifest(repository, tagOfPin(process, number), manifestOf(blobs));
    }),
  };
  return {
    put: (bytes) => attempt(`write to the plan store ${repository}`, () => putContent(store, bytes)),
    get: (digest) => attempt(`read ${digest} from the plan store ${repository}`, () => getContent(store, digest)),
    point: (name, digest) =>
      attempt(`point ${name} in the plan store ${repository}`, () => pointName(store, name, digest)),
    lookup: (name) => attempt(`look up ${name} in the plan store ${repository}`, () => readName(store, name)),
    remove: (name) => attempt(`remove ${name} from the plan store ${repository}`, () => removeName(store, name)),
    names: (prefix) => attempt(`list ${prefix} in the plan store ${repository}`, () => listNames(store, prefix)),
  };
}

async function putContent(store: OciStore, bytes: Uint8Array): Promise<Digest> {
  const blob = await uploadBlob(store, bytes);
  await store.pins.pin(blob);
  store.sizes.set(blob.digest, blob.size);
  return blob.digest;
}

async function uploadBlob({ registry, repository }: OciStore, bytes: Uint8Array): Promise<StoredBlob> {
  const blob = { digest: digestOf(bytes), size: bytes.length };
  for (let tries = 1; ; tries += 1) {
    try {
      await registry.putBlobAtOnce(repository, blob, () => bytes);
      return blob;
    } catch (error) {
      if (tries === UPLOADS || !(error instanceof PromoterError && isTransient(error.code))) throw error;
    }
  }
}

async function getContent({ registry, repository, sizes }: OciStore, digest: Digest): Promise<Uint8Array> {
  const bytes = await registry.readBlob(repository, digest);
  if (bytes === undefined) {
    throw new PromoterError(
      'StoreCorrupt',
      `the plan store ${repository} has nothing under ${digest}: was it cleaned up, or is it another worker's?`,
    );
  }
  sizes.set(digest, bytes.length);
  return bytes;
}

async function pointName(store: OciStore, name: string, digest: Digest): Promise<void> {
  checkStoreName(name);
  const { registry, repository, sizes } = store;
  const size = sizes.get(digest) ?? (await getContent(store, digest)).length;
  await registry.putManifest(repository, tagOfName(name), manifestOf([{ digest, size }], name));
}

async function readName({ registry, repository }: OciStore, name: string): Promise<Digest | undefined> {
  checkStoreName(name);
  const found = await registry.getManifest(repository, tagOfName(name));
  if (found === undefined || found.digest === REMOVED.digest) return undefined;
  const { name: written, content } = readManifest(found);
  if (written === name) return content;
  throw new PromoterError('StoreCorrupt', `the tag of ${name} in the plan store ${repository} is that of ${written}`);
}

async function removeName(store: OciStore, name: string): Promise<void> {
  checkStoreName(name);
  const { registry, repository } = store;
  if (await registry.deleteTag(repository, tagOfName(name))) return;
  if ((await registry.headManifest(repository, REMOVED_TAG)) === undefined) {
    await uploadBlob(store, NOTHING);
    await registry.putManifest(repository, REMOVED_TAG, REMOVED);
  }
  await registry.putManifest(repository, tagOfName(name), REMOVED);
}

async function listNames(store: OciStore, prefix: string): Promise<readonly string[]> {
  checkStoreName(prefix.replace(/\/$/, ''));
  const tags = await standingTags(store, (tag) => nameOfTag(tag)?.startsWith(prefix) === true || isHashedTag(tag));
  const names = await pMap(tags, (tag) => nameOfTag(tag) ?? readHashedName(store, tag), { concurrency: READS_AT_ONCE });
  return names.filter((name): name is string => name?.startsWith(prefix) === true).sort();
}

/** The tags that are wanted and do not stand for something removed. */
async function standingTags(
  { registry, repository }: OciStore,
  isWanted: (tag: Tag) => boolean,
): Promise<readonly Tag[]> {
  const listing = await registry.listRepository(repository);
  if (listing.kind === 'digests') {
    return [...listing.digests].flatMap(([digest, tags]) => (digest === REMOVED.digest ? [] : tags.filter(isWanted)));
  }
  if (listing.tags.size >= TRUSTED_TAGS) {
    throw new PromoterError(
      'StoreUnavailable',
      `the plan store ${repository} holds ${listing.tags.size} tags, more than a registry can be trusted to list; ` +
        'let runs end, then use a fresh repository',
    );
  }
  const wanted = [...listing.tags].filter(isWanted);
  if (!listing.tags.has(REMOVED_TAG)) return wanted;
  const heads = await pMap(wanted, (tag) => registry.headManifest(repository, tag), { concurrency: READS_AT_ONCE });
  return wanted.filter((_, index) => heads[index] !== undefined && heads[index].digest !== REMOVED.digest);
}

async function readHashedName({ registry, repository }: OciStore, tag: Tag): Promise<string | undefined> {
  const found = await registry.getManifest(repository, tag);
  return found && readManifest(found).name;
}

async function attempt<T>(doing: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof PromoterError)) throw error;
    const code = error.code === 'DigestMismatch' ? 'StoreCorrupt' : 'StoreUnavailable';
    if (code === 'StoreUnavailable' && !error.code.startsWith('Registry')) throw error;
    const wait = error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs };
    throw new PromoterError(code, `could not ${doing}: ${error.message}`, { cause: error, ...wait });
  }
}
