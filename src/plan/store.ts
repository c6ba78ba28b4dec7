import type { Digest } from '../reference.ts';

/**
 * Where manifests, plans, residue and quarantine lists are kept. Content is addressed by its digest and never changes;
 * a name points to content and may be pointed elsewhere.
 *
 * Names are paths of lower-case letters, digits and `.-_` between slashes, e.g. `runs/<id>/plan/3`.
 * Every call throws `StoreUnavailable` (retry) or `StoreCorrupt` (content is not what its digest says).
 */
export interface PlanStore {
  put(content: Uint8Array): Promise<Digest>;
  /** @throws PromoterError `StoreCorrupt` when nothing is stored under the digest */
  get(digest: Digest): Promise<Uint8Array>;
  point(name: string, digest: Digest): Promise<void>;
  lookup(name: string): Promise<Digest | undefined>;
  /** Forgets a name; its content stays. */
  remove(name: string): Promise<void>;
  /** Every name below a prefix ending in `/`, sorted. */
  names(prefix: string): Promise<readonly string[]>;
}
