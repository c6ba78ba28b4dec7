import { hostOf, type RepositoryName } from '../reference.ts';
import type { Registry, RepositoryListing } from '../registry/registry.ts';

/** Lists repositories, and remembers of each host what its listings tell. */
export interface Listings {
  /** @throws PromoterError the registry's errors */
  list(repository: RepositoryName, signal?: AbortSignal): Promise<RepositoryListing>;
  /** Whether the repository's host is known to list names only, so that each tag costs a request besides. */
  tellNamesOnly(repository: RepositoryName): boolean;
}

/** Makes it over a registry client; one is enough for a process. */
export function createListings(registry: Pick<Registry, 'listRepository'>): Listings {
  const namesOnly = new Set<string>();
  return {
    async list(repository, signal) {
      const listing = await registry.listRepository(repository, signal === undefined ? {} : { signal });
      if (listing.kind === 'names') namesOnly.add(hostOf(repository));
      return listing;
    },
    tellNamesOnly: (repository) => namesOnly.has(hostOf(repository)),
  };
}
