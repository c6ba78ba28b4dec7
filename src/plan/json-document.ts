import type { Digest } from '../reference.ts';
import type { PlanStore } from './store.ts';

/** Writes JSON to the plan store. */
export function putJson(store: PlanStore, value: unknown): Promise<Digest> {
  return store.put(new TextEncoder().encode(JSON.stringify(value)));
}

/** Reads JSON that {@link putJson} wrote. @throws PromoterError `StoreCorrupt` when it is gone */
export async function getJson<T>(store: PlanStore, digest: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await store.get(digest as Digest))) as T;
}
