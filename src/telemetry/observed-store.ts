import { PromoterError } from '../errors.ts';
import type { PlanStore } from '../plan/store.ts';
import type { Instruments } from './instruments.ts';

/** The same plan store, whose failures are counted. */
export function observeStore(store: PlanStore, { storeErrors }: Instruments): PlanStore {
  const counted =
    <A extends readonly unknown[], R>(operation: string, call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      try {
        return await call(...args);
      } catch (error) {
        storeErrors(1, { operation, code: error instanceof PromoterError ? error.code : 'Unexpected' });
        throw error;
      }
    };
  return {
    put: counted('put', (content) => store.put(content)),
    get: counted('get', (digest) => store.get(digest)),
    point: counted('point', (name, digest) => store.point(name, digest)),
    lookup: counted('lookup', (name) => store.lookup(name)),
    remove: counted('remove', (name) => store.remove(name)),
    names: counted('names', (prefix) => store.names(prefix)),
  };
}
