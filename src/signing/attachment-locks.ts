import type { Digest, RepositoryName } from '../reference.ts';

/**
 * Lets only one writer at a time change what is attached to a digest.
 *
 * The `.sig` tag and the fallback tag of referrers are read, changed and written back: two writers at once lose what one
 * of them wrote.
 */
export interface AttachmentLocks {
  hold<T>(repository: RepositoryName, digest: Digest, work: () => Promise<T>): Promise<T>;
}

/** Locks that hold within this process. */
export function createAttachmentLocks(): AttachmentLocks {
  const tails = new Map<string, Promise<unknown>>();
  return {
    async hold(repository, digest, work) {
      const key = `${repository}@${digest}`;
      const turn = (tails.get(key) ?? Promise.resolve()).then(work, work);
      tails.set(key, turn);
      try {
        return await turn;
      } finally {
        if (tails.get(key) === turn) tails.delete(key);
      }
    },
  };
}
