import { PromoterError } from '../errors.ts';
import { hostOf, type RepositoryName } from '../reference.ts';

/** Remembers which mirrors' hosts do not answer, so that each costs a sweep one failure and not one per repository. */
export interface MirrorHealth {
  /** Asks a repository's host, unless it is known not to answer. @throws PromoterError what was thrown, then or now */
  ask<T>(repository: RepositoryName, question: () => Promise<T>): Promise<T>;
}

/** Remembers for as long as one activity runs: the next one asks again. */
export function createMirrorHealth(): MirrorHealth {
  const down = new Map<string, PromoterError>();
  return {
    async ask(repository, question) {
      const host = hostOf(repository);
      const known = down.get(host);
      if (known !== undefined) throw known;
      try {
        return await question();
      } catch (error) {
        if (error instanceof PromoterError && error.code === 'RegistryUnavailable') down.set(host, error);
        throw error;
      }
    },
  };
}
