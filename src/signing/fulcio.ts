import { PromoterError } from '../errors.ts';
import type { ServiceClient } from './service.ts';

/** A certificate from Fulcio with those above it, PEM each, the signer's first. */
export interface IssuedCertificate {
  readonly leaf: string;
  readonly chain: readonly string[];
}

export interface CertificateRequest {
  readonly fulcioUrl: string;
  readonly token: string;
  /** PEM, SubjectPublicKeyInfo. */
  readonly publicKey: string;
  /** Signature over the token's subject with the key above. */
  readonly proof: Buffer;
}

/**
 * Asks Fulcio for a certificate (API v2, `CreateSigningCertificate`, fulcio.proto).
 *
 * @throws PromoterError `SigningRefused` when Fulcio does not take the token or answers nonsense
 */
export async function requestCertificate(
  service: ServiceClient,
  { fulcioUrl, token, publicKey, proof }: CertificateRequest,
): Promise<IssuedCertificate> {
  const answer = await service({
    doing: 'asking Fulcio for a signing certificate',
    url: `${fulcioUrl.replace(/\/$/, '')}/api/v2/signingCert`,
    headers: { 'content-type': 'application/json' },
    secret: token,
    body: JSON.stringify({
      credentials: { oidcIdentityToken: token },
      publicKeyRequest: {
        publicKey: { algorithm: 'ECDSA', content: publicKey },
        proofOfPossession: proof.toString('base64'),
      },
    }),
  });
  const [leaf, ...chain] = certificatesIn(answer.body);
  if (leaf === undefined) {
    throw new PromoterError('SigningRefused', `Fulcio at ${fulcioUrl} answered without a certificate`);
  }
  return { leaf, chain };
}

function certificatesIn(body: Buffer): readonly string[] {
  try {
    const answer = JSON.parse(body.toString('utf8')) as FulcioAnswer;
    const signed = answer.signedCertificateEmbeddedSct ?? answer.signedCertificateDetachedSct;
    return signed?.chain?.certificates?.filter((pem) => typeof pem === 'string') ?? [];
  } catch {
    return [];
  }
}

interface FulcioAnswer {
  readonly signedCertificateEmbeddedSct?: CertificateChain;
  readonly signedCertificateDetachedSct?: CertificateChain;
}

interface CertificateChain {
  readonly chain?: { readonly certificates?: readonly unknown[] & readonly string[] };
}
