import { readFile } from 'node:fs/promises';
import { PromoterError, messageOf } from '../errors.ts';
import { googleAccessTokens } from './identity/access-token.ts';
import { createIdentityProvider } from './identity/sources.ts';
import type { IdentityOptions, IdentitySource } from './identity/sources.ts';
import { openKeyFile } from './key-file.ts';
import { createKeylessSigner } from './keyless.ts';
import { openGoogleKey } from './kms.ts';
import type { Signer } from './signer.ts';

/** Whose signature it is to be. */
export type SignerSource =
  | { readonly kind: 'keyless'; readonly identity: IdentitySource }
  /** A `cosign.key`, whose password is in `COSIGN_PASSWORD` as with cosign. */
  | { readonly kind: 'key-file'; readonly path: string }
  /** `gcpkms://…`, with application default credentials. */
  | { readonly kind: 'google-kms'; readonly key: string };

export interface OpenSignerOptions extends IdentityOptions {
  /** Where certificates come from; only keyless signing needs one. */
  readonly fulcioUrl?: string;
}

/**
 * The signer that a source describes.
 *
 * @throws PromoterError `ConfigInvalid` when the key cannot be used, or keyless signing has no Fulcio
 */
export async function openSigner(source: SignerSource, options: OpenSignerOptions): Promise<Signer> {
  const { fulcioUrl, service, environment } = options;
  switch (source.kind) {
    case 'keyless':
      if (fulcioUrl === undefined) {
        throw new PromoterError('ConfigInvalid', 'the signing config names no Fulcio, which keyless signing needs');
      }
      return createKeylessSigner({ fulcioUrl, service, identity: createIdentityProvider(source.identity, options) });
    case 'key-file':
      return openKeyFile(await readKey(source.path), environment['COSIGN_PASSWORD'] ?? '');
    case 'google-kms':
      return openGoogleKey(source.key, { service, accessToken: googleAccessTokens() });
  }
}

async function readKey(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new PromoterError('ConfigInvalid', `the signing key ${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
