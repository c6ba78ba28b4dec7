import { X509Certificate } from '@sigstore/core';
import { PromoterError } from '../errors.ts';

const FULCIO_ISSUER_V1 = '1.3.6.1.4.1.57264.1.1';
const FULCIO_ISSUER_V2 = '1.3.6.1.4.1.57264.1.8';

/** What a Fulcio certificate says of its holder. */
export interface CertificateSubject {
  /** The subject alternative name: an e-mail address or a URI. */
  readonly identity: string;
  /** The OpenID Connect issuer that vouched for it. */
  readonly issuer: string;
  readonly notAfter: Date;
}

/**
 * Reads a Fulcio certificate (PEM, or DER) without verifying it.
 *
 * @throws PromoterError `SignatureInvalid` when it is no certificate or names no identity or issuer
 * (https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md)
 */
export function readCertificate(certificate: string | Buffer): CertificateSubject {
  let identity: string | undefined;
  let issuer: string | undefined;
  let notAfter: Date;
  try {
    const parsed = X509Certificate.parse(typeof certificate === 'string' ? certificate : Buffer.from(certificate));
    identity = parsed.subjectAltName;
    issuer = issuerOf(parsed);
    notAfter = parsed.notAfter;
  } catch (error) {
    throw new PromoterError('SignatureInvalid', 'what should be a signing certificate cannot be read', {
      cause: error,
    });
  }
  if (identity === undefined || issuer === undefined) {
    throw new PromoterError('SignatureInvalid', 'the signing certificate names no identity or no issuer');
  }
  return { identity, issuer, notAfter };
}

function issuerOf(certificate: X509Certificate): string | undefined {
  const wrapped = certificate.extension(FULCIO_ISSUER_V2);
  if (wrapped !== undefined) return wrapped.valueObj.subs[0]?.value.toString('utf8');
  return certificate.extension(FULCIO_ISSUER_V1)?.value.toString('utf8');
}
