import type { Config } from '../config.ts';
import { detectIdentitySource } from '../signing/identity/sources.ts';
import type { SigningSettings } from '../signing-settings.ts';
import type { GivenOptions, KpromoOptions } from './kpromo-flags.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type SigningFlags = Pick<KpromoOptions, 'signerAccount' | 'maxSignatureOps'> & { readonly given: GivenOptions };

/** What a process finds in its environment where Google's default credentials are at hand: a key file, or a pod. */
const GOOGLE_HINTS = ['GOOGLE_APPLICATION_CREDENTIALS', 'GCE_METADATA_HOST', 'KUBERNETES_SERVICE_HOST'] as const;

/**
 * The configuration with what the flags say of the worker inside this process; workers elsewhere have their own.
 *
 * kpromo signs as its default account unless told otherwise. Here it does so where nothing else says who signs and there
 * are Google credentials to do it with, so that elsewhere a run without a signer is refused before it promotes.
 */
export function withSigningFlags(
  config: Config,
  { signerAccount, maxSignatureOps, given }: SigningFlags,
  environment: Environment,
): Config {
  const { signing } = config;
  const namesAccount = given.has('signerAccount') || usesDefaultAccount(signing, environment);
  const namesLimit = given.has('maxSignatureOps') || signing.maxSignatureOps === undefined;
  return {
    ...config,
    signing: {
      ...signing,
      ...(namesAccount && signerAccount !== '' ? { signerAccount } : {}),
      ...(namesLimit ? { maxSignatureOps } : {}),
    },
  };
}

function usesDefaultAccount(signing: SigningSettings, environment: Environment): boolean {
  const { key, identityTokenUrl, signerAccount } = signing;
  if (key !== undefined || identityTokenUrl !== undefined || signerAccount !== undefined) return false;
  if (detectIdentitySource(environment) !== undefined) return false;
  return GOOGLE_HINTS.some((name) => (environment[name] ?? '') !== '');
}
