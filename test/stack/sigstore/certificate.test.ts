import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { id_kp_timeStamping } from '@peculiar/asn1-x509';
import { type CertificateParty, issueCertificate } from '../../../src/stack/sigstore/certificate.ts';

function party(commonName: string): CertificateParty {
  return { commonName, privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey };
}

const VALIDITY = { notBefore: new Date('2026-02-01T00:00:00Z'), notAfter: new Date('2056-02-01T00:00:00Z') };

describe('certificate', () => {
  const root = party('root');
  const rootCertificate = new X509Certificate(
    issueCertificate({ subject: root, use: { kind: 'authority' }, ...VALIDITY }),
  );

  it('makes an authority that signs itself', () => {
    assert.equal(rootCertificate.ca, true);
    assert.equal(rootCertificate.subject, 'CN=root');
    assert.ok(rootCertificate.checkIssued(rootCertificate));
    assert.ok(rootCertificate.verify(rootCertificate.publicKey));
    assert.ok(rootCertificate.checkPrivateKey(root.privateKey));
  });

  it('says from when to when, also beyond 2049, where the form of a date changes', () => {
    assert.deepEqual(rootCertificate.validFromDate, VALIDITY.notBefore);
    assert.deepEqual(rootCertificate.validToDate, VALIDITY.notAfter);
  });

  it('makes a signer that the authority has signed, for one purpose', () => {
    const use = { kind: 'signer', purpose: id_kp_timeStamping } as const;
    const pem = issueCertificate({ subject: party('leaf'), issuer: root, use, ...VALIDITY });
    const certificate = new X509Certificate(pem);
    assert.equal(certificate.ca, false);
    assert.deepEqual(certificate.keyUsage, [id_kp_timeStamping]);
    assert.ok(certificate.checkIssued(rootCertificate));
    assert.ok(certificate.verify(rootCertificate.publicKey));
    assert.equal(certificate.verify(certificate.publicKey), false);
  });

  it('gives every certificate a number of its own, positive and in its shortest form', () => {
    const request = { subject: root, use: { kind: 'authority' }, ...VALIDITY } as const;
    const numbers = Array.from({ length: 50 }, () => new X509Certificate(issueCertificate(request)).serialNumber);
    assert.equal(new Set(numbers).size, numbers.length);
    for (const number of numbers) assert.match(number, /^[4-7][0-9A-F]{31}$/);
  });
});
