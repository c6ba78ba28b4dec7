import { toSignedEntity } from '@sigstore/verify';
import { VerificationError } from 'sigstore';
import type { Signer as VerifiedSigner } from '@sigstore/verify';
import type { Bundle } from '@sigstore/bundle';
import { PromoterError, messageOf } from '../errors.ts';
import type { CompiledPolicy } from './identity-policy.ts';
import { loggedVerifier } from './log-record.ts';
import { publicKeyBytes } from './public-key.ts';
import type { SignerIdentity } from './signer.ts';
import type { TrustRoot } from './trust-root.ts';

/** Who was found to have signed, or why nobody can tell. */
export type Evidence =
  | { readonly signer: SignerIdentity }
  /** The signature is by a key, and no key that we know made it. */
  | { readonly unknownKey: string };

/**
 * Verifies a bundle's signature, certificate, log entries and timestamps. Whether its payload says what we want to hear,
 * and whether its signer is welcome, is not asked here.
 *
 * @param artifact what was signed, when the bundle is not an envelope
 * @throws PromoterError `SignatureInvalid` saying what is wrong
 */
export function verifyEvidence(trust: TrustRoot, policy: CompiledPolicy, bundle: Bundle, artifact?: Buffer): Evidence {
  try {
    return bundle.verificationMaterial.content.$case === 'publicKey'
      ? verifyByKey(trust, policy, bundle, artifact)
      : verifyByCertificate(trust, bundle, artifact);
  } catch (error) {
    if (error instanceof PromoterError) throw error;
    // Whatever the libraries throw at bytes that an attacker chose, it means that the signature does not hold.
    throw new PromoterError('SignatureInvalid', reasonOf(error), { cause: error });
  }
}

function verifyByCertificate(trust: TrustRoot, bundle: Bundle, artifact?: Buffer): Evidence {
  const entity = toSignedEntity(bundle, artifact);
  const leaf = leafOf(bundle);
  if (entity.key.$case === 'certificate') {
    entity.key.certificate = trust.certificates.recall(entity.key.certificate, leaf);
  }
  const { identity } = trust.verifier().verify(entity);
  requireLogged(bundle, leaf);
  const name = identity?.subjectAlternativeName;
  const issuer = identity?.extensions?.issuer;
  if (name === undefined || issuer === undefined) {
    throw new PromoterError('SignatureInvalid', 'its certificate names no identity or no issuer');
  }
  return { signer: { kind: 'certificate', identity: name, issuer } };
}

function verifyByKey(trust: TrustRoot, policy: CompiledPolicy, bundle: Bundle, artifact?: Buffer): Evidence {
  const entity = toSignedEntity(bundle, artifact);
  const known = policy.keys.find(({ key }) => entity.signature.verifySignature(key));
  if (known === undefined) return { unknownKey: hintOf(bundle) };
  const verified: VerifiedSigner = trust.verifier(known.key).verify(entity);
  requireLogged(bundle, publicKeyBytes(verified.key));
  return { signer: { kind: 'key', publicKey: known.pem } };
}

/** An entry made with another certificate proves nothing about when this one was used. */
function requireLogged({ verificationMaterial }: Bundle, verifier: Buffer): void {
  for (const entry of verificationMaterial.tlogEntries) {
    if (loggedVerifier(entry)?.equals(verifier) !== true) {
      throw new PromoterError('SignatureInvalid', 'its log entry was made with another certificate or key');
    }
  }
}

function leafOf({ verificationMaterial: { content } }: Bundle): Buffer {
  if (content.$case === 'certificate') return content.certificate.rawBytes;
  if (content.$case === 'x509CertificateChain') {
    return content.x509CertificateChain.certificates[0]?.rawBytes ?? Buffer.alloc(0);
  }
  return Buffer.alloc(0);
}

function hintOf({ verificationMaterial: { content } }: Bundle): string {
  return content.$case === 'publicKey' ? content.publicKey.hint : '';
}

function reasonOf(error: unknown): string {
  const text = messageOf(error);
  return error instanceof VerificationError ? text : `it cannot be verified: ${text}`;
}
