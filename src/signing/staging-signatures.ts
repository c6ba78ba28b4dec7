import type { IdentityPolicy } from './identity-policy.ts';
import type { SignatureVerdict } from './verdict.ts';

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
 * Judges the signatures of a staging image, in both formats, which have been verified against the policy's signers. As with
 * kpromo, an image without any passes, and one with signatures needs one by an accepted identity.
 */
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
