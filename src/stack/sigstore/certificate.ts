import { createHash, createPublicKey, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
} from '@peculiar/asn1-x509';

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';

/** Who a certificate is issued to or by; an authority signs with `privateKey`, which must be on an elliptic curve. */
export interface CertificateParty {
  readonly commonName: string;
  readonly privateKey: KeyObject;
}

/** What one certificate says. Without an issuer it is self-signed. */
export interface CertificateRequest {
  readonly subject: CertificateParty;
  readonly issuer?: CertificateParty;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly use: { readonly kind: 'authority' } | { readonly kind: 'signer'; readonly purpose: string };
  /** What it says beyond its use, such as whose it is. */
  readonly claims?: readonly Extension[];
}

/**
 * Issues an X.509 v3 certificate (RFC 5280) signed with ECDSA and SHA-256, as PEM.
 *
 * An `authority` may issue certificates but no further authorities; a `signer` gets exactly one, critical, extended key
 * usage, which is what RFC 3161 section 2.3 asks of a timestamping certificate.
 */
export function issueCertificate(request: CertificateRequest): string {
  const issuer = request.issuer ?? request.subject;
  const signatureAlgorithm = new AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 });
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: positiveSerialNumber(),
    signature: signatureAlgorithm,
    issuer: nameOf(issuer),
    validity: new Validity({ notBefore: request.notBefore, notAfter: request.notAfter }),
    subject: nameOf(request.subject),
    subjectPublicKeyInfo: AsnConvert.parse(publicKeyDer(request.subject), SubjectPublicKeyInfo),
    extensions: new Extensions([
      ...usageExtensions(request.use),
      ...(request.claims ?? []),
      extension(id_ce_subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyIdentifier(request.subject))),
      extension(
        id_ce_authorityKeyIdentifier,
        false,
        new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyIdentifier(issuer)) }),
      ),
    ]),
  });
  const signatureValue = sign('sha256', Buffer.from(AsnConvert.serialize(tbsCertificate)), issuer.privateKey);
  const certificate = new Certificate({ tbsCertificate, signatureAlgorithm, signatureValue: bytes(signatureValue) });
  return toPem(Buffer.from(AsnConvert.serialize(certificate)));
}

function usageExtensions(use: CertificateRequest['use']): readonly Extension[] {
  if (use.kind === 'authority') {
    const keyUsage = new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign);
    return [
      extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: true, pathLenConstraint: 0 })),
      extension(id_ce_keyUsage, true, keyUsage),
    ];
  }
  return [
    extension(id_ce_keyUsage, true, new KeyUsage(KeyUsageFlags.digitalSignature)),
    extension(id_ce_extKeyUsage, true, new ExtendedKeyUsage([use.purpose])),
  ];
}

function extension(extnID: string, critical: boolean, value: unknown): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function nameOf(party: CertificateParty): Name {
  const value = new AttributeValue({ utf8String: party.commonName });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: COMMON_NAME, value })])]);
}

function publicKeyDer(party: CertificateParty): Buffer {
  return createPublicKey(party.privateKey).export({ type: 'spki', format: 'der' });
}

function keyIdentifier(party: CertificateParty): ArrayBuffer {
  return bytes(createHash('sha256').update(publicKeyDer(party)).digest().subarray(0, 20));
}

function positiveSerialNumber(): ArrayBuffer {
  const serial = randomBytes(16);
  // A DER integer whose first bit is set is negative, and one that starts with a zero byte may be longer than needed.
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f);
  return bytes(serial);
}

function bytes(buffer: Buffer): ArrayBuffer {
  return Uint8Array.from(buffer).buffer;
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
