import type { Manifest, ProvenancePolicy as ManifestPolicy } from '../manifest/manifest.ts';
import { recordName } from '../plan/records.ts';
import type { PlanStore } from '../plan/store.ts';
import type { Digest, RepositoryName } from '../reference.ts';
import { policyOfFlags, type IdentityPolicy } from '../signing/identity-policy.ts';
import { policyOfManifest } from '../signing/manifest-policy.ts';
import type { ProvenancePolicy } from '../signing/provenance.ts';
import type { StoredRequest } from './request.ts';

/** The provenance policy of each source registry that has one of its own. */
type SourcePolicies = Readonly<Record<string, ManifestPolicy>>;

/** Finds the policy that an image is judged by. */
export interface PolicyBook {
  of(source: RepositoryName): ProvenancePolicy;
}

/** Opens the policies that {@link recordPolicies} wrote; where there is none the request's holds. @throws PromoterError `Store*`, `ConfigInvalid` */
export async function openPolicies(store: PlanStore, run: string, request: StoredRequest): Promise<PolicyBook> {
  const policies = await readPolicies(store, run);
  const { builders = [], sources = [], predicateTypes = [] } = request.provenanceRules ?? {};
  const fallback = policyOfManifest(
    { mode: modeOf(request), signers: [], builders: builders.map((id) => ({ id })), sources, predicateTypes },
    signersOf(request),
  );
  return {
    of(source) {
      const own = policyOfSource(policies, source);
      return own === undefined ? fallback : policyOfManifest(own, fallback.signers);
    },
  };
}

/** Whether any image of a run has provenance to be looked at. */
export function wantsProvenance(manifests: readonly Manifest[], request: StoredRequest): boolean {
  return manifests.some(({ provenance }) => (provenance?.mode ?? modeOf(request)) !== 'off');
}

/** Records the policies of the manifests for the activities to come. @throws PromoterError `Store*` */
export async function recordPolicies(store: PlanStore, run: string, manifests: readonly Manifest[]): Promise<void> {
  const policies: Record<string, ManifestPolicy> = {};
  for (const { source, provenance } of manifests) if (provenance !== undefined) policies[source] = provenance;
  if (Object.keys(policies).length === 0) return;
  const digest = await store.put(new TextEncoder().encode(JSON.stringify(policies)));
  await store.point(recordName(run, 'policies', 'provenance'), digest);
}

/** Whose signatures a run accepts on staging images. @throws PromoterError `ConfigInvalid` */
export function signersOf({ signatures }: StoredRequest): IdentityPolicy {
  return policyOfFlags({
    certificateIdentity: KREL_TRUST,
    certificateOidcIssuer: GOOGLE_ISSUER,
    ...signatures,
  });
}

/** kpromo's defaults for `--certificate-identity` and `--certificate-oidc-issuer`. */
const KREL_TRUST = 'krel-trust@k8s-releng-prod.iam.gserviceaccount.com';
const GOOGLE_ISSUER = 'https://accounts.google.com';

async function readPolicies(store: PlanStore, run: string): Promise<SourcePolicies> {
  const digest: Digest | undefined = await store.lookup(recordName(run, 'policies', 'provenance'));
  return digest === undefined ? {} : (JSON.parse(new TextDecoder().decode(await store.get(digest))) as SourcePolicies);
}

function policyOfSource(policies: SourcePolicies, source: RepositoryName): ManifestPolicy | undefined {
  const [longest] = Object.keys(policies)
    .filter((registry) => source.startsWith(`${registry}/`))
    .sort((a, b) => b.length - a.length);
  return longest === undefined ? undefined : policies[longest];
}

function modeOf({ provenance }: StoredRequest): ManifestPolicy['mode'] {
  return provenance ?? 'warn';
}
