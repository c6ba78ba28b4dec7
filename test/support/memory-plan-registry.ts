import type { StoreRegistry } from '../../src/plan/oci-store.ts';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';
import type { RepositoryListing } from '../../src/registry/registry.ts';
import { createMemoryRegistry, type MemoryRegistry } from './memory-registry.ts';

export type MemoryPlanRegistry = MemoryRegistry & StoreRegistry;

/**
 * A registry in memory with the calls that a plan store makes besides.
 *
 * @param deletes whether tags can be deleted there, which a registry need not allow
 */
export function createMemoryPlanRegistry(deletes: boolean): MemoryPlanRegistry {
  const registry = createMemoryRegistry();
  const plain = { ...registry };
  const deleted = new Set<string>();
  return Object.assign(registry, {
    async headManifest(...[repository, reference]: Parameters<MemoryRegistry['headManifest']>) {
      return deleted.has(reference) ? undefined : plain.headManifest(repository, reference);
    },
    async getManifest(...[repository, reference]: Parameters<MemoryRegistry['getManifest']>) {
      return deleted.has(reference) ? undefined : plain.getManifest(repository, reference);
    },
    async putManifest(...[repository, reference, content]: Parameters<MemoryRegistry['putManifest']>) {
      deleted.delete(reference);
      return plain.putManifest(repository, reference, content);
    },
    async listRepository(repository: RepositoryName): Promise<RepositoryListing> {
      const listing = await plain.listRepository(repository);
      if (listing.kind === 'digests') return listing;
      return { kind: 'names', tags: new Set([...listing.tags].filter((tag) => !deleted.has(tag))) };
    },
    async readBlob(repository: RepositoryName, digest: Digest) {
      if (!(await plain.hasBlob(repository, digest))) return undefined;
      const stream = await plain.openBlob(repository, { digest, size: 0 });
      return Buffer.concat(await stream.toArray());
    },
    async deleteTag(_: RepositoryName, tag: Tag) {
      if (deletes) deleted.add(tag);
      return deletes;
    },
  });
}
