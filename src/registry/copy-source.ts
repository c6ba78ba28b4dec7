import { LRUCache } from 'lru-cache';
import { PromoterError } from '../errors.ts';
import { formatReference } from '../reference.ts';
import type { Digest, RepositoryName } from '../reference.ts';
import { waitFor } from './copy-allowance.ts';
import type { ManifestContent, Registry } from './registry.ts';

/** Manifests by digest, each read once for as long as it is remembered: what a digest names cannot change. */
export interface ManifestSource {
  /** `undefined` when the repository does not serve it. */
  find(repository: RepositoryName, digest: Digest, signal?: AbortSignal): Promise<ManifestContent | undefined>;
}

const REMEMBERED_BYTES = 32 * 1024 * 1024;

/** Makes an empty memory over a registry. */
export function createManifestSource(registry: Registry): ManifestSource {
  const remembered = new LRUCache<Digest, ManifestContent>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: (content) => content.bytes.length + 1,
  });
  const reading = new Map<string, Promise<ManifestContent | undefined>>();

  // Without a caller's signal: others wait for the same answer.
  async function read(repository: RepositoryName, digest: Digest, key: string): Promise<ManifestContent | undefined> {
    try {
      const content = await registry.getManifest(repository, digest);
      if (content !== undefined) remembered.set(digest, content);
      return content;
    } finally {
      reading.delete(key);
    }
  }

  return {
    async find(repository, digest, signal) {
      const known = remembered.get(digest);
      if (known !== undefined) return known;
      const key = formatReference(repository, digest);
      const underWay = reading.get(key) ?? read(repository, digest, key);
      reading.set(key, underWay);
      return waitFor(underWay, signal);
    },
  };
}

/** @throws PromoterError `SourceLost` when the source does not serve the manifest */
export async function readFromSource(
  source: ManifestSource,
  repository: RepositoryName,
  digest: Digest,
  signal?: AbortSignal,
): Promise<ManifestContent> {
  const content = await source.find(repository, digest, signal);
  if (content !== undefined) return content;
  throw new PromoterError(
    'SourceLost',
    `${formatReference(repository, digest)} is to be copied, but the repository has no such manifest (404); ` +
      'push it again or take it out of the promotion manifest',
  );
}
