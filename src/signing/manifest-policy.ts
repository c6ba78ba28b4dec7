import type { ProvenancePolicy as ManifestPolicy } from '../manifest/manifest.ts';
import type { IdentityPolicy } from './identity-policy.ts';
import type { ProvenancePolicy } from './provenance.ts';

/**
 * The policy that a manifest's `provenance:` block means. A list that it leaves empty does not restrict anything.
 *
 * @param fallback whose attestations count where the manifest names nobody
 */
export function policyOfManifest(
  { mode, signers, builders, sources, predicateTypes }: ManifestPolicy,
  fallback: IdentityPolicy,
): ProvenancePolicy {
  const rules = signers.map(({ issuer, identity }) => ({
    issuer: { exactly: issuer },
    identity: { exactly: identity },
  }));
  return {
    mode,
    signers: rules.length === 0 ? fallback : { rules },
    ...(builders.length === 0 ? {} : { builders: builders.map(({ id }) => ({ exactly: id })) }),
    ...(sources.length === 0 ? {} : { sources: sources.map((source) => ({ exactly: source })) }),
    ...(predicateTypes.length === 0 ? {} : { predicateTypes }),
  };
}
