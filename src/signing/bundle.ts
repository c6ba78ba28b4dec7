import { bundleFromJSON, bundleToJSON } from '@sigstore/bundle';
import type { Bundle } from '@sigstore/bundle';
import { PromoterError, messageOf } from '../errors.ts';

/** The bytes of a bundle as they are stored in a registry. */
export function bundleBytes(bundle: Bundle): Buffer {
  return Buffer.from(JSON.stringify(bundleToJSON(bundle)), 'utf8');
}

/**
 * Reads a bundle that somebody else wrote, of any version (sigstore_bundle.proto).
 *
 * @throws PromoterError `SignatureInvalid` saying what is wrong with it
 */
export function parseBundle(bytes: Uint8Array): Bundle {
  try {
    return bundleFromJSON(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (error) {
    throw new PromoterError('SignatureInvalid', `it is not a Sigstore bundle: ${messageOf(error)}`, { cause: error });
  }
}
