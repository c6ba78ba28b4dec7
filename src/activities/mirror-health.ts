import { PromoterError } from '../errors.ts';
import { hostOf, type RepositoryName } from '../reference.ts';

/** Remembers which hosts do not answer, so that each costs a sweep a few failures and not one per repository. */
export interface MirrorHealth {
  /** Asks a repository's host, unless it is known not to answer. @throws PromoterError what was thrown, then or now */
  ask<T>(repository: RepositoryName, question: () => Promise<T>): Promise<T>;
}

/** One failure may be one repository's; so many in a row are the host's. */
const FAILURES_BELIEVED = 3;

/** Remembers for as long as one activity runs: the next one asks again. */
export function createMirrorHealth(): MirrorHealth {
  const failures = new Map<string, number>();
  const down = new Map<string, PromoterError>();
  return {
    async ask(repository, question) {
      const host = hostOf(repository);
      const known = down.get(host);
      if (known !== undefined) throw known;
      try {
        const answer = await question();
        failures.delete(host);
        return answer;
      } catch (error) {
        if (error instanceof PromoterError && error.code === 'RegistryUnavailable') {
          const count = (failures.get(host) ?? 0) + 1;
          failures.set(host, count);
          if (count >= FAILURES_BELIEVED) down.set(host, error);
        }
        throw error;
      }
    },
  };
}
