import type { KeyObject } from 'node:crypto';
import { PromoterError, messageOf } from '../errors.ts';
import { parsePublicKey } from './public-key.ts';
import type { SignerIdentity } from './signer.ts';

/** A text that must be equal, or one that a pattern must match from its first character to its last. */
export type TextRule = { readonly exactly: string } | { readonly matching: string };

/** Whom to accept: somebody with this identity, vouched for by this issuer. */
export interface IdentityRule {
  readonly identity: TextRule;
  readonly issuer: TextRule;
}

/** Whose signatures count. A signer has to meet one rule, or to hold one of the keys. */
export interface IdentityPolicy {
  readonly rules?: readonly IdentityRule[];
  /** PEM each. */
  readonly publicKeys?: readonly string[];
}

/** An {@link IdentityPolicy} with its patterns and keys read. */
export interface CompiledPolicy {
  accepts(signer: SignerIdentity): boolean;
  readonly keys: readonly { readonly pem: string; readonly key: KeyObject }[];
}

/** cosign's flags, which kpromo took over. Where a flag and its `Regexp` are both given, either may match. */
export interface CertificateFlags {
  readonly certificateIdentity?: string;
  readonly certificateIdentityRegexp?: string;
  readonly certificateOidcIssuer?: string;
  readonly certificateOidcIssuerRegexp?: string;
}

/**
 * The policy that the `--certificate-*` flags express.
 *
 * @throws PromoterError `ConfigInvalid` when identity or issuer is left open, since that would trust everybody
 */
export function policyOfFlags(flags: CertificateFlags): IdentityPolicy {
  const identities = textRules(flags.certificateIdentity, flags.certificateIdentityRegexp);
  const issuers = textRules(flags.certificateOidcIssuer, flags.certificateOidcIssuerRegexp);
  if (identities.length === 0 || issuers.length === 0) {
    throw new PromoterError(
      'ConfigInvalid',
      'whose signatures to accept is not said: give --certificate-identity and --certificate-oidc-issuer, or their -regexp forms',
    );
  }
  return { rules: identities.flatMap((identity) => issuers.map((issuer) => ({ identity, issuer }))) };
}

/** The policy that accepts exactly this signer. */
export function policyOfSigner(signer: SignerIdentity): IdentityPolicy {
  if (signer.kind === 'key') return { publicKeys: [signer.publicKey] };
  return { rules: [{ identity: { exactly: signer.identity }, issuer: { exactly: signer.issuer } }] };
}

/**
 * Reads a policy's patterns and keys.
 *
 * @throws PromoterError `ConfigInvalid` naming the pattern or key that cannot be read
 */
export function compilePolicy({ rules = [], publicKeys = [] }: IdentityPolicy): CompiledPolicy {
  const keys = publicKeys.map((pem) => ({ pem, key: parsePublicKey(pem) }));
  const tests = rules.map(({ identity, issuer }) => ({
    identity: compileTextRule(identity),
    issuer: compileTextRule(issuer),
  }));
  return {
    keys,
    accepts(signer) {
      if (signer.kind === 'key') return keys.some(({ key }) => key.equals(parsePublicKey(signer.publicKey)));
      return tests.some(({ identity, issuer }) => identity(signer.identity) && issuer(signer.issuer));
    },
  };
}

function textRules(exactly: string | undefined, matching: string | undefined): readonly TextRule[] {
  return [
    ...(exactly === undefined || exactly === '' ? [] : [{ exactly }]),
    ...(matching === undefined || matching === '' ? [] : [{ matching }]),
  ];
}

/** Patterns are anchored: a pattern for `a@example.com` must not accept `a@example.com.attacker.org`. */
export function compileTextRule(rule: TextRule): (text: string) => boolean {
  if ('exactly' in rule) return (text) => text === rule.exactly;
  let pattern: RegExp;
  try {
    // By itself first: an unmatched parenthesis would otherwise close the group that anchors it.
    pattern = new RegExp(`^(?:${new RegExp(rule.matching).source})$`);
  } catch (error) {
    throw new PromoterError(
      'ConfigInvalid',
      `the identity pattern '${rule.matching}' is invalid: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
  return (text) => pattern.test(text);
}
