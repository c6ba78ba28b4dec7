import type { AttachmentPlace } from './attachments.ts';
import type { IdentityPolicy } from './identity-policy.ts';
import type { TrustRoot } from './trust-root.ts';
import type { SignatureVerdict } from './verdict.ts';
import { verifyImage } from './verify-image.ts';

export interface StagingPolicy {
  /** Whose signatures a staging image may carry. */
  readonly signers: IdentityPolicy;
  /** Unsigned images are quarantined too. */
  readonly requireSignature?: boolean;
}

/** JSON as it is. */
export interface StagingDecision {
  readonly verdict: 'unsigned' | 'verified' | 'quarantined';
  /** One sentence for people. */
  readonly why: string;
  readonly signatures: readonly SignatureVerdict[];
}

/**
 * Judges the signatures of a staging image, in both formats. As with kpromo, an image without any passes, and one with
 * signatures needs one by an accepted identity.
 *
 * @throws PromoterError the registry's errors, or `ConfigInvalid` for a policy that cannot be read
 */
export async function checkStagingSignatures(
  place: AttachmentPlace,
  trust: TrustRoot,
  policy: StagingPolicy,
): Promise<StagingDecision> {
  const found = await verifyImage({ ...place, trust, policy: policy.signers, formats: ['sig-tag', 'bundle'] });
  return decideStaging(found, policy);
}

/** The decision on signatures that have been verified against the policy's signers. */
export function decideStaging(found: readonly SignatureVerdict[], policy: StagingPolicy): StagingDecision {
  const signatures = found.filter(({ kind }) => kind === 'signature');
  if (signatures.length === 0) {
    return policy.requireSignature === true
      ? { verdict: 'quarantined', why: 'it is not signed, and signatures are required', signatures }
      : { verdict: 'unsigned', why: 'it is not signed', signatures };
  }
  const verified = signatures.find(({ status }) => status === 'verified');
  if (verified !== undefined) return { verdict: 'verified', why: `it is signed ${verified.reason}`, signatures };
  const reasons = [...new Set(signatures.map(({ status, reason }) => `${status}: ${reason}`))];
  return { verdict: 'quarantined', why: `none of its signatures is accepted: ${reasons.join('; ')}`, signatures };
}
