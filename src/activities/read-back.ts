import pMap from 'p-map';
import { PromoterError, isTransient } from '../errors.ts';
import type { Group, GroupTarget, ResidueEntry } from '../plan/document.ts';
import { createListings, type Listings } from '../plan/listings.ts';
import { hostOf, type Digest, type RepositoryName, type Tag } from '../reference.ts';
import type { ManifestHead, Registry } from '../registry/registry.ts';

/** One tag, or the digest where there is none, that a repository said it had stored. */
interface Written {
  readonly group: Group;
  readonly target: GroupTarget;
  readonly reference: Tag | Digest;
}

/** Looks whether destinations have what they acknowledged. */
export interface ReadBack {
  /**
   * @param groups copied, with the destinations that were said to be complete
   * @returns what is not there, to be copied again, and tags that somebody else has written meanwhile
   */
  read(groups: readonly Group[], signal: AbortSignal): Promise<readonly ResidueEntry[]>;
}

const REPOSITORIES_AT_ONCE = 32;

/**
 * Makes it for a process. A repository with several new tags is listed once where its registry lists digests too; all else,
 * and whatever a listing does not show, is asked for one by one: listings may lag behind.
 */
export function createReadBack(
  registry: Pick<Registry, 'listRepository' | 'headManifest'>,
  listings: Listings = createListings(registry),
): ReadBack {
  async function readRepository(
    repository: RepositoryName,
    written: readonly Written[],
    signal: AbortSignal,
  ): Promise<readonly ResidueEntry[]> {
    const unseen = written.length > 1 ? await unlisted(repository, written, signal) : written;
    const residue: ResidueEntry[] = [];
    for (const one of unseen) {
      try {
        const head = await registry.headManifest(repository, one.reference, { signal });
        if (head?.digest !== one.group.digest) residue.push(residueOf(one, head));
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof PromoterError)) throw error;
        const { code, message } = error;
        residue.push({ group: rest(one), reason: code, message, transient: isTransient(code) });
      }
    }
    return residue;
  }

  async function unlisted(
    repository: RepositoryName,
    written: readonly Written[],
    signal: AbortSignal,
  ): Promise<readonly Written[]> {
    if (listings.tellNamesOnly(repository)) return written;
    try {
      const listing = await listings.list(repository, signal);
      if (listing.kind === 'digests') {
        return written.filter(({ group: { digest }, reference }) => {
          const tags = listing.digests.get(digest);
          return tags === undefined || (reference !== digest && !tags.includes(reference as Tag));
        });
      }
    } catch (error) {
      signal.throwIfAborted();
      // Who may not list may still ask.
      if (!(error instanceof PromoterError)) throw error;
    }
    return written;
  }

  return {
    async read(groups, signal) {
      const byRepository = Map.groupBy(groups.flatMap(writtenOf), ({ target }) => target.repository);
      const residue = await pMap(byRepository, ([repository, written]) => readRepository(repository, written, signal), {
        concurrency: REPOSITORIES_AT_ONCE,
        signal,
      });
      return residue.flat();
    },
  };
}

function writtenOf(group: Group): readonly Written[] {
  return group.targets.flatMap((target) =>
    (target.tags.length === 0 ? [group.digest] : target.tags).map((reference) => ({ group, target, reference })),
  );
}

/** What is left to do of a group for one reference. */
function rest({ group, target, reference }: Written): Group {
  const tags = reference === group.digest ? [] : [reference as Tag];
  return { ...group, targets: [{ ...target, tags }] };
}

function residueOf(written: Written, head: ManifestHead | undefined): ResidueEntry {
  const { group, target, reference } = written;
  const { repository } = target;
  if (head !== undefined) {
    const message = `tag '${reference}' in dest ${repository} points to ${head.digest} by now, not ${group.digest}: something else writes there; tag moves are not supported`;
    return { group: rest(written), reason: 'tag-move', message, transient: false };
  }
  const name = reference === group.digest ? `${repository}@${reference}` : `${repository}:${reference}`;
  const message = `${hostOf(repository)} acknowledged ${name} and does not have it: it was not there when it was read back. It is written again; if it lasts, look at the registry's storage and at what runs in front of it.`;
  return { group: rest(written), reason: 'RegistryProtocol', message, transient: true };
}
