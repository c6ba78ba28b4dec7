import pMap from 'p-map';
import type { Registry, RepositoryListing } from '../registry/registry.ts';
import type { Digest, RepositoryName, Tag } from '../reference.ts';
import { createListings, type Listings } from './listings.ts';
import type { DigestWish } from './wish.ts';

/** What a repository holds of what was asked about: which of the digests, and where each of the tags points. */
export interface Inventory {
  readonly digests: ReadonlySet<Digest>;
  readonly tags: ReadonlyMap<Tag, Digest>;
}

/** What a repository to copy from holds of what was asked about. */
export interface SourceInventory {
  readonly digests: ReadonlySet<Digest>;
  /** The tags by which signatures and the like are attached (`sha256-…`); absent where nobody listed them. */
  readonly attachments?: ReadonlySet<string>;
  /** Whether a listing showed all there is, and nothing that could refer to what was asked about. */
  readonly isClosed?: boolean;
}

/** Reads inventories with as few requests as each host allows; it remembers how the hosts list. */
export interface InventoryReader {
  /** Which of the digests a repository to copy from holds. */
  readSource(repository: RepositoryName, digests: readonly Digest[], signal?: AbortSignal): Promise<SourceInventory>;
  /** Which of the wanted digests and tags a repository to copy to holds. */
  readDestination(repository: RepositoryName, wanted: readonly DigestWish[], signal?: AbortSignal): Promise<Inventory>;
}

const HEADS_AT_ONCE = 16;

/**
 * Makes a reader over a registry client.
 *
 * A host with Google's listing answers everything in one request. Any other lists names only: there each wanted tag that
 * exists costs a HEAD besides, so that a single tag is asked for directly, and an empty repository is known by its listing
 * alone (requests per repository: `min(list + existing tags, tags)`).
 */
export function createInventoryReader(
  registry: Pick<Registry, 'listRepository' | 'headManifest'>,
  listings: Listings = createListings(registry),
): InventoryReader {
  async function headAll(
    repository: RepositoryName,
    references: readonly (Tag | Digest)[],
    signal: AbortSignal | undefined,
  ): Promise<Map<string, Digest>> {
    const heads = await pMap(
      references,
      async (reference) =>
        [reference, await registry.headManifest(repository, reference, callOptions(signal))] as const,
      { concurrency: HEADS_AT_ONCE },
    );
    return new Map(heads.flatMap(([reference, head]) => (head === undefined ? [] : [[reference, head.digest]])));
  }

  return {
    async readSource(repository, digests, signal) {
      if (listings.tellNamesOnly(repository)) {
        return { digests: new Set((await headAll(repository, digests, signal)).values()) };
      }
      const listing = await listings.list(repository, signal);
      const attachments = attachmentsIn(listing);
      const held =
        listing.kind === 'digests'
          ? digests.filter((digest) => listing.digests.has(digest))
          : (await headAll(repository, digests, signal)).values();
      return {
        digests: new Set(held),
        ...(attachments === undefined ? {} : { attachments }),
        isClosed: listing.kind === 'digests' && isClosed(listing.digests, new Set(digests)),
      };
    },

    async readDestination(repository, wanted, signal) {
      const tags = [...new Set(wanted.flatMap((wish) => wish.tags))];
      const listing =
        listings.tellNamesOnly(repository) && tags.length <= 1 ? undefined : await listings.list(repository, signal);
      if (listing?.kind === 'digests') return inventoryOf(listing.digests, wanted);
      const named = listing === undefined ? tags : tags.filter((tag) => listing.tags.has(tag));
      const found = await headAll(repository, named, signal);
      const pending = wanted.filter((wish) => wish.tags.length === 0 || wish.tags.some((tag) => !found.has(tag)));
      // A repository that lists no tag at all may still hold digests promoted without one.
      const worthAsking = listing?.tags.size === 0 ? pending.filter((wish) => wish.tags.length === 0) : pending;
      const held = await headAll(
        repository,
        worthAsking.map((wish) => wish.digest),
        signal,
      );
      return {
        tags: new Map([...found].map(([tag, digest]) => [tag as Tag, digest])),
        digests: new Set([...held.values(), ...found.values()]),
      };
    },
  };
}

// Google's registries cut a list at 10,000 entries without saying so: what is missing there may be a signature.
const TRUSTED_ENTRIES = 10_000;

/** Referrers are manifests like any other: where each is accounted for, by its digest or by a tag that says so, there are none. */
function isClosed(held: ReadonlyMap<Digest, readonly Tag[]>, asked: ReadonlySet<Digest>): boolean {
  return [...held].every(([digest, tags]) => asked.has(digest) || tags.some(isAttachment));
}

function attachmentsIn(listing: RepositoryListing): ReadonlySet<string> | undefined {
  if (listing.kind === 'names' && listing.tags.size >= TRUSTED_ENTRIES) return undefined;
  const tags = listing.kind === 'names' ? listing.tags : [...listing.digests.values()].flat();
  return new Set([...tags].filter(isAttachment));
}

function isAttachment(tag: string): boolean {
  return tag.startsWith('sha256-');
}

function inventoryOf(listed: ReadonlyMap<Digest, readonly Tag[]>, wanted: readonly DigestWish[]): Inventory {
  const wantedTags = new Set(wanted.flatMap((wish) => wish.tags));
  const tags = new Map<Tag, Digest>();
  for (const [digest, carried] of listed) {
    for (const tag of carried) if (wantedTags.has(tag)) tags.set(tag, digest);
  }
  const digests = new Set(wanted.map((wish) => wish.digest).filter((digest) => listed.has(digest)));
  return { tags, digests };
}

function callOptions(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
