import { recordName } from '../plan/records.ts';
import type { PlanStore } from '../plan/store.ts';
import type { Digest } from '../reference.ts';
import { parseTrustRoot, type TrustRoot } from '../signing/trust-root.ts';

/** The trusted root of a run: pinned by whoever needs it first, the same for every activity on every worker from then on. */
export interface PinnedTrust {
  /** @throws PromoterError `TrustRootInvalid`, `SigningUnavailable`, `Store*` */
  of(run: string): Promise<TrustRoot>;
}

/**
 * Keeps each pinned root in the plan store, and in this process by its digest. A run whose images carry no signature and
 * that signs nothing never asks for one, and so needs no Sigstore at all.
 *
 * @param current whom this worker believes now
 */
export function createPinnedTrust(store: PlanStore, current: () => Promise<TrustRoot>): PinnedTrust {
  const parsed = new Map<Digest, TrustRoot>();
  return {
    async of(run) {
      const digest = (await store.lookup(trustName(run))) ?? (await pin(run));
      const known = parsed.get(digest);
      if (known !== undefined) return known;
      const text = new TextDecoder().decode(await store.get(digest));
      const root = parseTrustRoot(text, `the trusted root ${digest} of this run`);
      parsed.set(digest, root);
      return root;
    },
  };

  async function pin(run: string): Promise<Digest> {
    const digest = await store.put(new TextEncoder().encode((await current()).canonical));
    await store.point(trustName(run), digest);
    return digest;
  }
}

function trustName(run: string): string {
  return recordName(run, 'trust', 'root');
}
