import type { PlanStore } from '../plan/store.ts';
import type { Digest } from '../reference.ts';
import { parseTrustRoot, type TrustRoot } from '../signing/trust-root.ts';

/** The trusted root of a run: pinned once, the same for every activity on every worker from then on. */
export interface PinnedTrust {
  /** Puts the worker's current trusted root into the plan store. @throws PromoterError `TrustRootInvalid`, `Store*` */
  pin(): Promise<Digest>;
  /** Reads a pinned one. @throws PromoterError `TrustRootInvalid`, `Store*` */
  of(digest: string): Promise<TrustRoot>;
}

/** Reads each pinned root once per process; runs are few and roots change rarely, so none is ever dropped. */
export function createPinnedTrust(store: PlanStore, current: () => Promise<TrustRoot>): PinnedTrust {
  const known = new Map<string, Promise<TrustRoot>>();
  return {
    async pin() {
      return store.put(new TextEncoder().encode((await current()).canonical));
    },
    of(digest) {
      const reading = known.get(digest) ?? read(store, digest as Digest);
      known.set(digest, reading);
      reading.catch(() => known.delete(digest));
      return reading;
    },
  };
}

async function read(store: PlanStore, digest: Digest): Promise<TrustRoot> {
  return parseTrustRoot(new TextDecoder().decode(await store.get(digest)), `the trusted root ${digest} of this run`);
}
