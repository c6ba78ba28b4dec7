import type { Group } from '../plan/document.ts';
import { decideProvenance, isQuarantined, type ProvenancePolicy } from '../signing/provenance.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { openPolicies } from './provenance-policy.ts';
import type { PinnedTrust } from './trust.ts';
import type { AttachmentReading } from './attachment-reading.ts';
import { verifyShard, type Decision, type VerifyCounts, type VerifyInput } from './verification.ts';

/**
 * Verifies the build provenance of a shard's staging images by the policy of their manifests, or else of the request.
 *
 * @throws PromoterError `Registry*`, `TrustRootInvalid`, `SigningUnavailable`, `ConfigInvalid`, `Store*`
 */
export function createVerifyProvenance({ registry, store }: ActivityDependencies, trust: PinnedTrust) {
  return async function verifyProvenance(input: VerifyInput): Promise<VerifyCounts> {
    const policies = await openPolicies(store, input.run, input.request);
    return verifyShard({ registry, store }, 'provenance', input, async (group, reading) => {
      const policy = policies.of(group.source);
      return policy.mode === 'off' ? { pass: true } : decide(group, reading, policy, input.run);
    });
  };

  async function decide(
    group: Group,
    reading: AttachmentReading,
    policy: ProvenancePolicy,
    run: string,
  ): Promise<Decision> {
    const formats = ['att-tag', 'bundle'] as const;
    const found = await reading.verdicts(group, formats, policy.signers, () => trust.of(run));
    const decision = decideProvenance(found, policy);
    const { verdict, rule, attestation } = decision;
    const which = attestation === undefined ? '' : ` (${attestation.format} ${attestation.descriptor.digest})`;
    const why = `provenance ${verdict} by rule '${rule}'${which}: ${decision.why}`;
    if (isQuarantined(decision, policy)) return { pass: false, reason: `provenance-${verdict}`, why };
    return verdict === 'absent'
      ? { pass: true, warning: `No attestation found for ${group.source}@${group.digest}, skipping verification` }
      : { pass: true };
  }
}
