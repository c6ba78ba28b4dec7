import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync, X509Certificate as NodeCertificate } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { Certificate, Extension, id_kp_codeSigning } from '@peculiar/asn1-x509';
import { ByteStream, EXTENSION_OID_SCT, X509Certificate } from '@sigstore/core';
import { issueCertificate } from '../../../src/stack/sigstore/certificate.ts';
import { type CtLog, type SignedCertificateTimestamp, startCtLog } from '../../../src/stack/sigstore/ct-log.ts';

const POISON = '1.3.6.1.4.1.11129.2.4.3';
const NULL = new OctetString(new Uint8Array([5, 0]).buffer);

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const authority = { commonName: 'ca', privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey };
const subject = { commonName: 'leaf', privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey };
const validity = { notBefore: new Date(), notAfter: new Date(Date.now() + 600_000) };
const issuer = new NodeCertificate(issueCertificate({ subject: authority, use: { kind: 'authority' }, ...validity }));
const leaf = new NodeCertificate(
  issueCertificate({
    subject,
    issuer: authority,
    use: { kind: 'signer', purpose: id_kp_codeSigning },
    ...validity,
  }),
);

function withExtension(certificate: NodeCertificate, extension: Extension): Buffer {
  const changed = AsnConvert.parse(certificate.raw, Certificate);
  changed.tbsCertificate.extensions?.push(extension);
  delete changed.tbsCertificateRaw;
  return Buffer.from(AsnConvert.serialize(changed));
}

/** The certificate as Fulcio would issue it, with the timestamp in it, RFC 6962 section 3.3. */
function withTimestamp(timestamp: SignedCertificateTimestamp): X509Certificate {
  const sct = Buffer.concat([
    Buffer.from([timestamp.sct_version]),
    Buffer.from(timestamp.id, 'base64'),
    Buffer.from(BigInt(timestamp.timestamp).toString(16).padStart(16, '0'), 'hex'),
    Buffer.from([0, 0]),
    Buffer.from(timestamp.signature, 'base64'),
  ]);
  const list = Buffer.concat([Buffer.from([0, sct.length + 2, 0, sct.length]), sct]);
  const value = new OctetString(AsnConvert.serialize(new OctetString(list)));
  const der = withExtension(leaf, new Extension({ extnID: EXTENSION_OID_SCT, extnValue: value }));
  return X509Certificate.parse(Buffer.from(der));
}

describe('certificate-transparency log', () => {
  let log: CtLog;
  before(async () => {
    log = await startCtLog({ port: 0, privateKey });
  });
  after(() => log.stop());

  async function submit(chain: readonly Buffer[]): Promise<Response> {
    const body = JSON.stringify({ chain: chain.map((certificate) => certificate.toString('base64')) });
    return fetch(`${log.url}/ct/v1/add-pre-chain`, { method: 'POST', body });
  }

  it('answers a timestamp that verifies for the certificate without its poison', async () => {
    const precertificate = withExtension(leaf, new Extension({ extnID: POISON, critical: true, extnValue: NULL }));
    const response = await submit([precertificate, issuer.raw]);
    assert.equal(response.status, 200);
    const timestamp = (await response.json()) as SignedCertificateTimestamp;

    const [sct] = withTimestamp(timestamp).extSCT?.signedCertificateTimestamps ?? [];
    const tbs = Buffer.from(AsnConvert.serialize(AsnConvert.parse(leaf.raw, Certificate).tbsCertificate));
    const signed = new ByteStream();
    signed.appendView(
      createHash('sha256')
        .update(issuer.publicKey.export({ type: 'spki', format: 'der' }))
        .digest(),
    );
    signed.appendUint24(tbs.length);
    signed.appendView(tbs);
    assert.equal(sct?.verify(signed.buffer, createPublicKey(privateKey)), true);
    assert.equal(sct.verify(signed.buffer, issuer.publicKey), false);
    assert.ok(Math.abs(sct.datetime.getTime() - Date.now()) < 60_000);
  });

  it('refuses what is not a precertificate with its issuer', async () => {
    const unpoisoned = await submit([leaf.raw, issuer.raw]);
    assert.equal(unpoisoned.status, 400);
    assert.match(await unpoisoned.text(), /not a precertificate/);
    assert.equal((await submit([leaf.raw])).status, 400);
    assert.equal((await submit([Buffer.from('no certificate'), issuer.raw])).status, 400);
    const noJson = await fetch(`${log.url}/ct/v1/add-pre-chain`, { method: 'POST', body: '{' });
    assert.equal(noJson.status, 400);
  });

  it('knows no other way in', async () => {
    assert.equal((await fetch(`${log.url}/ct/v1/add-pre-chain`)).status, 404);
    assert.equal((await fetch(`${log.url}/ct/v1/get-sth`)).status, 404);
  });
});
