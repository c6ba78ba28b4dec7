import { compilePolicy } from '../signing/identity-policy.ts';
import { decideStaging, type StagingPolicy } from '../signing/staging-signatures.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { signersOf } from './provenance-policy.ts';
import type { PinnedTrust } from './trust.ts';
import { verdictsOn, verifyShard, type VerifyCounts, type VerifyInput } from './verification.ts';

/**
 * Verifies the signatures of a shard's staging images: as with kpromo one without any passes, unless the request demands
 * signatures, and one that is signed needs a signature by an accepted identity.
 *
 * @throws PromoterError `Registry*`, `TrustRootInvalid`, `SigningUnavailable`, `ConfigInvalid`, `Store*`
 */
export function createValidateShard({ registry, store }: ActivityDependencies, trust: PinnedTrust) {
  return async function validateShard(input: VerifyInput): Promise<VerifyCounts> {
    const { run, request } = input;
    const policy: StagingPolicy = { signers: signersOf(request), requireSignature: request.requireSignatures === true };
    compilePolicy(policy.signers);
    return verifyShard(store, 'validate', input, async (group) => {
      const formats = ['sig-tag', 'bundle'] as const;
      const found = await verdictsOn(registry, group, formats, policy.signers, () => trust.of(run));
      const { verdict, why } = decideStaging(found, policy);
      return verdict === 'quarantined' ? { pass: false, reason: 'signature-refused', why } : { pass: true };
    });
  };
}
