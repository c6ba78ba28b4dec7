import type { Bundle } from '@sigstore/bundle';
import type { Signature } from './signer.ts';

/** What a witness adds to a signature: entries of a transparency log, or signed timestamps. */
export interface Testimony {
  readonly logEntries?: Bundle['verificationMaterial']['tlogEntries'];
  /** RFC 3161 `TimeStampResp`, DER. */
  readonly timestamps?: readonly Buffer[];
}

/**
 * Somebody who attests that a signature existed at a time.
 *
 * Its calls throw PromoterError `SigningUnavailable` or `SigningRefused`.
 */
export type Witness = (content: Bundle['content'], key: Signature['key']) => Promise<Testimony>;

/** The key or certificate of a signature, PEM, as logs want it. */
export function verifierOf(key: Signature['key']): string {
  return key.$case === 'publicKey' ? key.publicKey : key.certificate;
}

/** The bytes of a signature inside a bundle's content. */
export function signatureOf(content: Bundle['content']): Buffer {
  if (content.$case === 'messageSignature') return content.messageSignature.signature;
  return content.dsseEnvelope.signatures[0]?.sig ?? Buffer.alloc(0);
}
