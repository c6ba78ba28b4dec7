import { PromoterError } from '../errors.ts';
import { compileTextRule } from './identity-policy.ts';
import type { IdentityPolicy, TextRule } from './identity-policy.ts';
import { SLSA_PROVENANCE_V02, SLSA_PROVENANCE_V1 } from './media-types.ts';
import { buildFacts, normalSource } from './provenance-predicate.ts';
import type { SignatureVerdict } from './verdict.ts';

/** What provenance a staging image needs. */
export interface ProvenancePolicy {
  /** `off` looks at nothing; `warn` lets images without provenance pass; `require` does not. */
  readonly mode: 'off' | 'warn' | 'require';
  /** Whose attestations count. */
  readonly signers: IdentityPolicy;
  /** Builders that count; any, when the list is absent. */
  readonly builders?: readonly TextRule[];
  /** Repositories that may be the source, `https://github.com/org/repo`; any, when the list is absent. */
  readonly sources?: readonly TextRule[];
  /** SLSA provenance 0.2 and 1 unless given. */
  readonly predicateTypes?: readonly string[];
}

/** The part of the policy that decided. */
export type ProvenanceRule = 'mode' | 'presence' | 'signature' | 'signer' | 'builder' | 'source';

/** JSON as it is. */
export interface ProvenanceDecision {
  /** `absent` is up to the mode: {@link isQuarantined} says what follows. */
  readonly verdict: 'pass' | 'absent' | 'rejected';
  readonly rule: ProvenanceRule;
  /** One sentence for people. */
  readonly why: string;
  /** The attestation that decided. */
  readonly attestation?: Pick<SignatureVerdict, 'format' | 'descriptor' | 'predicateType'>;
}

/** Whether a decision keeps an image from being promoted. */
export function isQuarantined({ verdict }: ProvenanceDecision, { mode }: Pick<ProvenancePolicy, 'mode'>): boolean {
  return verdict === 'rejected' || (verdict === 'absent' && mode === 'require');
}

/**
 * Judges the attestations of an image, which have been verified against the policy's signers. One that meets every rule is
 * enough; without one, any that is bad rejects the image.
 *
 * @throws PromoterError `ConfigInvalid` for a rule that cannot be read
 */
export function decideProvenance(found: readonly SignatureVerdict[], policy: ProvenancePolicy): ProvenanceDecision {
  if (policy.mode === 'off') return { verdict: 'pass', rule: 'mode', why: 'provenance is not looked at' };
  const types = policy.predicateTypes ?? [SLSA_PROVENANCE_V02, SLSA_PROVENANCE_V1];
  const attestations = found.filter(({ kind, predicateType }) => {
    // One that cannot even be read might be the provenance: it is not as if there were none.
    return kind === 'attestation' && (predicateType === undefined || types.includes(predicateType));
  });
  const [first] = attestations;
  if (first === undefined) {
    return { verdict: 'absent', rule: 'presence', why: `it has no attestation of type ${types.join(' or ')}` };
  }
  const decisions = attestations.map((attestation) => decideOne(attestation, policy));
  return decisions.find(({ verdict }) => verdict === 'pass') ?? decisions[0] ?? decideOne(first, policy);
}

function decideOne(attestation: SignatureVerdict, policy: ProvenancePolicy): ProvenanceDecision {
  const { format, descriptor, predicateType, status, reason, statement } = attestation;
  const decided = {
    attestation: { format, descriptor, ...(predicateType === undefined ? {} : { predicateType }) },
  };
  if (status !== 'verified' || statement === undefined) {
    const rule = status === 'untrusted-identity' ? 'signer' : 'signature';
    return { ...decided, verdict: 'rejected', rule, why: reason };
  }
  const { builder, source } = buildFacts(statement);
  if (!allowed(builder, policy.builders)) {
    return { ...decided, verdict: 'rejected', rule: 'builder', why: `its builder is ${builder ?? 'not named'}` };
  }
  if (!allowed(source, policy.sources?.map(normalRule))) {
    return { ...decided, verdict: 'rejected', rule: 'source', why: `its source is ${source ?? 'not named'}` };
  }
  return { ...decided, verdict: 'pass', rule: 'signer', why: reason };
}

function allowed(value: string | undefined, rules: readonly TextRule[] | undefined): boolean {
  if (rules === undefined) return true;
  return value !== undefined && rules.some((rule) => compileTextRule(rule)(value));
}

function normalRule(rule: TextRule): TextRule {
  return 'exactly' in rule ? { exactly: normalSource(rule.exactly) ?? '' } : rule;
}

const SIGNER = /^sigstore(\(regexp\))?::(.+?)::(.+)$/;

/**
 * A signer as kpromo's manifests write it: `sigstore::issuer::identity`, or `sigstore(regexp)::issuer::identity`.
 *
 * @throws PromoterError `ConfigInvalid` when it is written otherwise
 */
export function parseSigner(text: string): { readonly issuer: TextRule; readonly identity: TextRule } {
  const [, pattern, issuer, identity] = SIGNER.exec(text) ?? [];
  if (issuer === undefined || identity === undefined) {
    throw new PromoterError('ConfigInvalid', `'${text}' is not a signer: write sigstore::issuer::identity`);
  }
  return pattern === undefined
    ? { issuer: { exactly: issuer }, identity: { exactly: identity } }
    : { issuer: { matching: issuer }, identity: { matching: identity } };
}
