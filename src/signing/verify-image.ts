import { readAttachments } from './attachments.ts';
import type { AttachmentPlace } from './attachments.ts';
import { compilePolicy } from './identity-policy.ts';
import type { IdentityPolicy } from './identity-policy.ts';
import { judge } from './judgement.ts';
import type { WantedClaims } from './judgement.ts';
import type { TrustRoot } from './trust-root.ts';
import type { AttachmentFormat, SignatureVerdict } from './verdict.ts';

export interface VerifyRequest extends AttachmentPlace {
  readonly trust: TrustRoot;
  readonly policy: IdentityPolicy;
  readonly claims?: WantedClaims;
  /** All unless given. */
  readonly formats?: readonly AttachmentFormat[];
}

/**
 * Says of every signature and attestation of a digest whether it verifies, and if not, why.
 *
 * @throws PromoterError the registry's errors, or `ConfigInvalid` for a policy that cannot be read; never for what is
 * attached
 */
export async function verifyImage(request: VerifyRequest): Promise<readonly SignatureVerdict[]> {
  const policy = compilePolicy(request.policy);
  const attachments = await readAttachments(request, request.formats ?? ['sig-tag', 'bundle', 'att-tag']);
  return attachments.map((attachment) => judge(attachment, { ...request, policy }));
}
