import pMap, { pMapIterable } from 'p-map';
import { PromoterError } from '../errors.ts';
import type { Digest, RegistryName, RepositoryName, Tag } from '../reference.ts';
import { isDigest } from '../reference.ts';
import type { Caller } from './call.ts';
import { readCatalog } from './catalog.ts';
import type { ListingPage } from './listing.ts';
import { isSurelyWhole, isTagValue, readListing, tagsOf } from './listing.ts';
import { headManifest } from './manifests.ts';
import type { CallOptions } from './registry.ts';

/** What a repository holds of one digest. */
export interface HeldDigest {
  readonly tags: readonly Tag[];
  /** As the registry says; it may be empty. */
  readonly mediaType: string;
  /** When it was uploaded, in milliseconds since the epoch; absent where a listing does not say. */
  readonly uploadedAt?: number;
}

/** A repository that holds something. */
export interface HeldRepository {
  readonly repository: RepositoryName;
  readonly digests: ReadonlyMap<Digest, HeldDigest>;
  /** False where digests without tags are not listed, or may have been cut off. */
  readonly complete: boolean;
}

export interface WalkOptions extends CallOptions {
  /** The repositories to read, where the registry cannot list them. */
  readonly repositories?: readonly RepositoryName[];
}

const LISTINGS_AT_ONCE = 16;
const HEADS_AT_ONCE = 16;

/** Far beyond any registry; one whose repositories have children without end is broken, or means harm. */
const MAX_DEPTH = 50;

/**
 * Reads every repository at or below a registry, each by one listing: over Google's `child` lists where there are any,
 * else over the host's catalogue. At most {@link LISTINGS_AT_ONCE} listings are in memory.
 *
 * Where a listing names tags only, each tag costs a HEAD, and what has no tag stays unseen.
 *
 * @throws PromoterError `Registry*`
 */
export async function* walkRegistry(
  caller: Caller,
  registry: RegistryName,
  options: WalkOptions = {},
): AsyncGenerator<HeldRepository> {
  if (options.repositories !== undefined) return yield* readAll(caller, options.repositories, options);
  const root = registry.includes('/') ? (registry as string as RepositoryName) : undefined;
  const pages = root === undefined ? [] : await readListing(caller, root, options);
  if (root !== undefined && pages.some(isGoogleStyle)) return yield* readTree(caller, root, pages, options);
  if (root !== undefined && pages.length > 0) yield* nonEmpty(await heldIn(caller, root, pages, options));
  const others: RepositoryName[] = [];
  for await (const repository of readCatalog(caller, registry, options)) {
    if (repository !== root || pages.length === 0) others.push(repository);
  }
  yield* readAll(caller, others, options);
}

/** Goes down level by level, so that listings of a level run side by side. */
async function* readTree(
  caller: Caller,
  root: RepositoryName,
  pages: readonly ListingPage[],
  options: CallOptions,
): AsyncGenerator<HeldRepository> {
  yield* nonEmpty(await heldIn(caller, root, pages, options));
  let level = childrenOf(root, pages);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw new PromoterError('RegistryProtocol', `${root} has repositories without end`);
    const next: RepositoryName[] = [];
    for await (const { repository, pages } of listAll(caller, level, options)) {
      next.push(...childrenOf(repository, pages));
      yield* nonEmpty(await heldIn(caller, repository, pages, options));
    }
    level = next;
  }
}

async function* readAll(
  caller: Caller,
  repositories: readonly RepositoryName[],
  options: CallOptions,
): AsyncGenerator<HeldRepository> {
  for await (const { repository, pages } of listAll(caller, repositories, options)) {
    yield* nonEmpty(await heldIn(caller, repository, pages, options));
  }
}

function listAll(caller: Caller, repositories: readonly RepositoryName[], options: CallOptions) {
  return pMapIterable(
    repositories,
    async (repository) => ({ repository, pages: await readListing(caller, repository, options) }),
    { concurrency: LISTINGS_AT_ONCE },
  );
}

function isGoogleStyle({ manifest, children }: ListingPage): boolean {
  return manifest !== undefined || children.length > 0;
}

function childrenOf(repository: RepositoryName, pages: readonly ListingPage[]): RepositoryName[] {
  const names = pages.flatMap(({ children }) => children).filter((name) => typeof name === 'string');
  return names.map((name) => `${repository}/${name}` as RepositoryName);
}

async function heldIn(
  caller: Caller,
  repository: RepositoryName,
  pages: readonly ListingPage[],
  options: CallOptions,
): Promise<HeldRepository> {
  const digests = new Map<Digest, HeldDigest & { readonly tags: Tag[] }>();
  const add = (digest: Digest, held: Omit<HeldDigest, 'tags'>, tags: readonly Tag[]): void => {
    const known = digests.get(digest) ?? { ...held, tags: [] };
    digests.set(digest, known);
    for (const tag of tags) if (!known.tags.includes(tag)) known.tags.push(tag);
  };
  for (const { manifest = {} } of pages) {
    for (const [digest, description] of Object.entries(manifest)) {
      if (isDigest(digest)) add(digest, described(description), tagsOf(description));
    }
  }
  const complete = pages.every(isSurelyWhole);
  if (!complete) {
    const listed = new Set([...digests.values()].flatMap(({ tags }) => tags));
    const tags = pages.flatMap((page) => page.tags.filter(isTagValue)).filter((tag) => !listed.has(tag));
    await pMap(
      new Set(tags),
      async (tag) => {
        const head = await headManifest(caller, repository, tag, options);
        if (head !== undefined) add(head.digest, { mediaType: head.mediaType }, [tag]);
      },
      { concurrency: HEADS_AT_ONCE },
    );
  }
  return { repository, digests, complete };
}

function nonEmpty(held: HeldRepository): readonly HeldRepository[] {
  return held.digests.size === 0 ? [] : [held];
}

/** What Google's description says of a digest besides its tags; times are milliseconds, as texts. */
function described(description: unknown): Omit<HeldDigest, 'tags'> {
  const { mediaType, timeUploadedMs } = (description ?? {}) as { mediaType?: unknown; timeUploadedMs?: unknown };
  const uploadedAt = typeof timeUploadedMs === 'string' ? Number.parseInt(timeUploadedMs, 10) : Number.NaN;
  return {
    mediaType: typeof mediaType === 'string' ? mediaType : '',
    ...(uploadedAt > 0 ? { uploadedAt } : {}),
  };
}
