import type { RepositoryName } from '../reference.ts';
import type { Descriptor } from '../registry/registry.ts';
import { attachBundle } from './attach-bundle.ts';
import { readAttachments } from './attachments.ts';
import { bundleBytes } from './bundle.ts';
import { compilePolicy, policyOfSigner } from './identity-policy.ts';
import { judge } from './judgement.ts';
import { IN_TOTO } from './media-types.ts';
import { sealEnvelope } from './seal.ts';
import { requireVerified, tell } from './sign-digest.ts';
import type { SigningContext } from './signing-context.ts';
import { statementBytes } from './statement.ts';

export interface AttestRequest {
  readonly repository: RepositoryName;
  /** The image: its manifest or index. */
  readonly subject: Descriptor;
  /** The reference, without tag, under which users pull the image: the name of the statement's subject. */
  readonly identity: string;
  readonly predicateType: string;
  /** JSON. */
  readonly predicate: unknown;
}

export interface AttestOutcome {
  readonly attestation: 'written' | 'already-valid';
}

/**
 * Attaches a signed statement to one digest, unless one by our identity, of the same predicate type and for the same
 * image name, is there and verifies; then reads it back and verifies it.
 *
 * @throws PromoterError as `signDigest` does
 */
export function attestDigest(context: SigningContext, request: AttestRequest): Promise<AttestOutcome> {
  const { repository, subject, identity, predicateType, predicate } = request;
  const { registry, signer, trust, witnesses, limits } = context;
  const { digest } = subject;
  return context.locks.hold(repository, digest, async () => {
    const options = { digest, trust, policy: compilePolicy(policyOfSigner(await signer.identity())) };
    const attachments = await readAttachments({ registry, repository, digest }, ['bundle'], predicateType);
    const there = attachments
      .map((attachment) => judge(attachment, options))
      .find(
        ({ status, statement }) =>
          status === 'verified' &&
          statement?.predicateType === predicateType &&
          statement.subjects.some((one) => one.digest === digest && one.name === identity),
      );
    const about = { repository, subject, identity, kind: 'attestation' } as const;
    if (there !== undefined) {
      tell(context, { ...about, outcome: 'already-valid' }, there);
      return { attestation: 'already-valid' };
    }

    const payload = statementBytes({ name: identity, digest }, predicateType, predicate);
    const { bundle } = await limits.run(() => sealEnvelope(signer, witnesses.bundle, IN_TOTO, payload));
    const attached = await attachBundle(context, { repository, subject, bundle: bundleBytes(bundle), predicateType });
    const verdict = requireVerified(attached, options, `${repository}@${digest}`);
    tell(context, { ...about, outcome: 'written' }, verdict);
    return { attestation: 'written' };
  });
}
