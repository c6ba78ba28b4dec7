import assert from 'node:assert/strict';
import { createInventoryReader } from '../../src/plan/inventory.ts';
import { createListings } from '../../src/plan/listings.ts';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';
import type { RepositoryListing } from '../../src/registry/registry.ts';

const PLAIN = 'plain.example/prod/app' as RepositoryName;
const GOOGLE = 'google.example/prod/app' as RepositoryName;
const tag = 'v1' as Tag;
const digest = `sha256:${'a'.repeat(64)}` as Digest;

/** A host that lists names, and one that lists digests; what was listed is in `listed`. */
function twoHosts() {
  const listed: RepositoryName[] = [];
  return {
    listed,
    async listRepository(repository: RepositoryName): Promise<RepositoryListing> {
      listed.push(repository);
      if (repository === PLAIN) return { kind: 'names', tags: new Set([tag]) };
      return { kind: 'digests', digests: new Map([[digest, [tag]]]) };
    },
    headManifest: async () => ({ digest, mediaType: 'x', size: 1 }),
  };
}

describe('listings', () => {
  it('remember which hosts list names only, for all repositories of a host', async () => {
    const listings = createListings(twoHosts());
    assert.equal(listings.tellNamesOnly(PLAIN), false, 'before it is known');
    await listings.list(PLAIN);
    await listings.list(GOOGLE);
    assert.equal(listings.tellNamesOnly('plain.example/other' as RepositoryName), true);
    assert.equal(listings.tellNamesOnly(GOOGLE), false);
  });

  it('spare whoever shares them the same question', async () => {
    const registry = twoHosts();
    const listings = createListings(registry);
    await listings.list(PLAIN);
    const { tags } = await createInventoryReader(registry, listings).readDestination(PLAIN, [{ digest, tags: [tag] }]);
    assert.equal(tags.get(tag), digest);
    assert.deepEqual(registry.listed, [PLAIN]);
  });
});
