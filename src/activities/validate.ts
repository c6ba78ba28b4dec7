import type { Group } from '../plan/document.ts';
import { compilePolicy } from '../signing/identity-policy.ts';
import { decideStaging, type StagingPolicy } from '../signing/staging-signatures.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { signersOf } from './provenance-policy.ts';
import type { StoredRequest } from './request.ts';
import type { PinnedTrust } from './trust.ts';
import type { AttachmentReading } from './attachment-reading.ts';
import { verifyShard, type Decision, type VerifyCounts, type VerifyInput } from './verification.ts';
import { decideVulnerabilities } from './vulnerabilities.ts';

/**
 * Verifies the signatures of a shard's staging images: as with kpromo one without any passes, unless the request demands
 * signatures, and one that is signed needs a signature by an accepted identity. Then the vulnerability gate, where the
 * request has one.
 *
 * @throws PromoterError `Registry*`, `TrustRootInvalid`, `SigningUnavailable`, `ConfigInvalid`, `Store*`
 */
export function createValidateShard({ registry, store, scanners }: ActivityDependencies, trust: PinnedTrust) {
  return async function validateShard(input: VerifyInput): Promise<VerifyCounts> {
    const { run, request } = input;
    const policy: StagingPolicy = { signers: signersOf(request), requireSignature: request.requireSignatures === true };
    compilePolicy(policy.signers);
    return verifyShard({ registry, store }, 'validate', input, async (group, reading) => {
      const formats = ['sig-tag', 'bundle'] as const;
      const found = await reading.verdicts(group, formats, policy.signers, () => trust.of(run));
      const { verdict, why } = decideStaging(found, policy);
      if (verdict === 'quarantined') return { pass: false, reason: 'signature-refused', why };
      return passGate(group, reading, run, request, policy);
    });
  };

  async function passGate(
    group: Group,
    reading: AttachmentReading,
    run: string,
    { vulnerabilities: gate }: StoredRequest,
    { signers }: StagingPolicy,
  ): Promise<Decision> {
    if (gate === undefined || gate.threshold === 0) return { pass: true };
    const attachments = await reading.read(group, ['att-tag', 'bundle']);
    const attested = attachments.length === 0 ? undefined : { registry, trust: await trust.of(run), signers };
    return decideVulnerabilities(group, gate, scanners, attested);
  }
}
