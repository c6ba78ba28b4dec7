import { PromoterError } from './errors.ts';
import type { IdentityRewrite } from './signing/identity-rewrite.ts';

/** How a worker verifies and signs: services, identity and names. Secrets stay where the environment has them. */
export interface SigningSettings {
  /** A `trusted_root.json`; the TUF repository's where absent. */
  readonly trustedRoot?: string;
  /** A signing config of version 0.2; the TUF repository's where absent. */
  readonly signingConfig?: string;
  /** The public good instance's where absent. */
  readonly tufMirror?: string;
  /** The `root.json` that a mirror of one's own begins with. */
  readonly tufRoot?: string;
  /** A `cosign.key` file or a `gcpkms://` key: sign with it instead of keyless. */
  readonly key?: string;
  /** Answers a GET with an identity token. */
  readonly identityTokenUrl?: string;
  /** A Google service account to impersonate, by application default credentials. */
  readonly signerAccount?: string;
  /** Public names of production repositories; kpromo's rule where absent. */
  readonly identities?: readonly IdentityRewrite[];
  /** The host that is signed on first where several hold an identity. */
  readonly canonicalHost?: string;
  readonly maxSignatureOps?: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings off the environment.
 *
 * `PROMOTER_TRUSTED_ROOT`, `PROMOTER_SIGNING_CONFIG`, `PROMOTER_TUF_MIRROR`, `PROMOTER_TUF_ROOT`, `PROMOTER_SIGNING_KEY`,
 * `PROMOTER_IDENTITY_TOKEN_URL`, `PROMOTER_SIGNER_ACCOUNT`, `PROMOTER_IDENTITIES` (`match=replace`, separated by commas),
 * `PROMOTER_CANONICAL_HOST`, `PROMOTER_MAX_SIGNATURE_OPS`.
 *
 * @throws PromoterError `ConfigInvalid` naming the variable that is wrong
 */
export function readSigningSettings(environment: Environment): SigningSettings {
  const text = (name: string): string | undefined => {
    const value = environment[name]?.trim();
    return value === '' ? undefined : value;
  };
  const settings = {
    trustedRoot: text('PROMOTER_TRUSTED_ROOT'),
    signingConfig: text('PROMOTER_SIGNING_CONFIG'),
    tufMirror: text('PROMOTER_TUF_MIRROR'),
    tufRoot: text('PROMOTER_TUF_ROOT'),
    key: text('PROMOTER_SIGNING_KEY'),
    identityTokenUrl: text('PROMOTER_IDENTITY_TOKEN_URL'),
    signerAccount: text('PROMOTER_SIGNER_ACCOUNT'),
    canonicalHost: text('PROMOTER_CANONICAL_HOST'),
    identities: parseIdentities(text('PROMOTER_IDENTITIES')),
    maxSignatureOps: parseCount('PROMOTER_MAX_SIGNATURE_OPS', text('PROMOTER_MAX_SIGNATURE_OPS')),
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function parseIdentities(text: string | undefined): readonly IdentityRewrite[] | undefined {
  return text?.split(',').map((rule) => {
    const [match, replace, ...rest] = rule.split('=').map((part) => part.trim());
    if (match === undefined || match === '' || replace === undefined || replace === '' || rest.length > 0) {
      throw new PromoterError('ConfigInvalid', `PROMOTER_IDENTITIES: '${rule}' is not match=replace`);
    }
    return { match, replace };
  });
}

function parseCount(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new PromoterError('ConfigInvalid', `${name}: '${text}' is not a whole number from 1`);
}
