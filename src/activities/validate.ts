import { compilePolicy } from '../signing/identity-policy.ts';
import { readAttachments } from '../signing/attachments.ts';
import { decideStaging, type StagingPolicy } from '../signing/staging-signatures.ts';
import { verifyImage } from '../signing/verify-image.ts';
import type { Group } from '../plan/document.ts';
import type { ActivityDependencies } from './dependencies.ts';
import type { ProvenanceInput } from './provenance.ts';
import { signersOf } from './provenance-policy.ts';
import type { PinnedTrust } from './trust.ts';
import { formatsToRead, verifyShard, type Decision, type VerifyCounts } from './verification.ts';

export type ValidateInput = ProvenanceInput;

/**
 * Verifies the signatures of a shard's staging images: as with kpromo one without any passes, unless the request demands
 * signatures, and one that is signed needs a signature by an accepted identity.
 *
 * @throws PromoterError `Registry*`, `TrustRootInvalid`, `ConfigInvalid`, `Store*`
 */
export function createValidateShard({ registry, store }: ActivityDependencies, trust: PinnedTrust) {
  return async function validateShard(input: ValidateInput): Promise<VerifyCounts> {
    const { request, trustRoot } = input;
    const policy: StagingPolicy = { signers: signersOf(request), requireSignature: request.requireSignatures === true };
    compilePolicy(policy.signers);
    return verifyShard(store, 'validate', input, (group) => decide(group, policy, trustRoot));
  };

  async function decide(group: Group, policy: StagingPolicy, trustRoot: string | undefined): Promise<Decision> {
    const formats = formatsToRead(group, ['sig-tag', 'bundle']);
    const place = { registry, repository: group.source, digest: group.digest };
    if (trustRoot === undefined) {
      const attached = await readAttachments(place, formats);
      if (attached.length > 0 || policy.requireSignature === true) {
        return {
          pass: false,
          reason: 'signature-unverifiable',
          why: 'no worker has a trusted root to verify its signature with',
        };
      }
      return { pass: true };
    }
    const verdicts = await verifyImage({ ...place, trust: await trust.of(trustRoot), policy: policy.signers, formats });
    const { verdict, why } = decideStaging(verdicts, policy);
    return verdict === 'quarantined' ? { pass: false, reason: 'signature-refused', why } : { pass: true };
  }
}
