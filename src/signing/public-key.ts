import { createHash, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { PromoterError } from '../errors.ts';

/**
 * A public key from PEM.
 *
 * @throws PromoterError `ConfigInvalid` when it is none
 */
export function parsePublicKey(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (error) {
    throw new PromoterError('ConfigInvalid', 'a public key for verification is not PEM of a public key', {
      cause: error,
    });
  }
}

/** SubjectPublicKeyInfo, DER. */
export function publicKeyBytes(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' });
}

/** What a bundle calls a key: the hash of its DER in base64, as cosign does. */
export function keyHint(pem: string): string {
  return createHash('sha256')
    .update(publicKeyBytes(parsePublicKey(pem)))
    .digest('base64');
}
