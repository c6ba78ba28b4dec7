import { PromoterError } from '../errors.ts';
import type { Group } from '../plan/document.ts';
import { decideProvenance, isQuarantined, type ProvenancePolicy } from '../signing/provenance.ts';
import { verifyImage } from '../signing/verify-image.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { openPolicies } from './provenance-policy.ts';
import type { CheckedRequest } from './request.ts';
import type { PinnedTrust } from './trust.ts';
import { formatsToRead, verifyShard, type Decision, type VerifyCounts, type VerifyInput } from './verification.ts';

export interface ProvenanceInput extends VerifyInput {
  readonly request: CheckedRequest;
}

/**
 * Verifies the build provenance of a shard's staging images by the policy of their manifests, or else of the request.
 *
 * @throws PromoterError `Registry*`, `TrustRootInvalid`, `ConfigInvalid`, `Store*`
 */
export function createVerifyProvenance({ registry, store }: ActivityDependencies, trust: PinnedTrust) {
  return async function verifyProvenance(input: ProvenanceInput): Promise<VerifyCounts> {
    const policies = await openPolicies(store, input.run, input.request);
    return verifyShard(store, 'provenance', input, async (group) => {
      const policy = policies.of(group.source);
      return policy.mode === 'off' ? { pass: true } : decide(group, policy, input.trustRoot);
    });
  };

  async function decide(group: Group, policy: ProvenancePolicy, trustRoot: string | undefined): Promise<Decision> {
    if (trustRoot === undefined) {
      throw new PromoterError('TrustRootInvalid', 'provenance is to be verified, but no worker has a trusted root');
    }
    const found = await verifyImage({
      registry,
      repository: group.source,
      digest: group.digest,
      trust: await trust.of(trustRoot),
      policy: policy.signers,
      formats: formatsToRead(group, ['att-tag', 'bundle']),
    });
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
