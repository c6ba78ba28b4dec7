import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { fromDer } from './fixtures/pem.ts';
import { readCertificate } from '../../src/signing/certificate.ts';
import { createKeylessSigner } from '../../src/signing/keyless.ts';
import type { ServiceCall, ServiceClient } from '../../src/signing/service.ts';
import { SIGNED } from './fixtures/signed.ts';

const CERTIFICATE = fromDer(
  (SIGNED.signature as { verificationMaterial: { certificate: { rawBytes: string } } }).verificationMaterial.certificate
    .rawBytes,
);
const { notAfter } = readCertificate(CERTIFICATE);
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const TOKEN = `${part({})}.${part({ iss: 'i', sub: 's', exp: 4_000_000_000 })}.x`;

/** A Fulcio that always issues the same certificate, and remembers for which keys. */
function fulcio(body: unknown = { signedCertificateEmbeddedSct: { chain: { certificates: [CERTIFICATE, 'root'] } } }) {
  const calls: ServiceCall[] = [];
  const service: ServiceClient = async (call) => {
    calls.push(call);
    await new Promise(setImmediate);
    return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(body)) };
  };
  return { service, calls };
}

describe('keyless signing', () => {
  const identity = { token: async () => TOKEN };

  it('asks for one certificate for all who wait, and for the next one before it expires', async () => {
    const { service, calls } = fulcio();
    let now = notAfter.getTime() - 300_000;
    const signer = createKeylessSigner({ fulcioUrl: 'https://fulcio.test/', identity, service, now: () => now });
    await Promise.all(Array.from({ length: 30 }, () => signer.sign(Buffer.from('x'))));
    assert.equal(calls.length, 1);
    assert.equal(calls[0]?.url, 'https://fulcio.test/api/v2/signingCert');
    now = notAfter.getTime() - 119_000;
    await Promise.all(Array.from({ length: 30 }, () => signer.sign(Buffer.from('x'))));
    assert.equal(calls.length, 2);
  });

  it('proves possession of the key that signs', async () => {
    const { service, calls } = fulcio();
    const now = (): number => notAfter.getTime() - 300_000;
    const signer = createKeylessSigner({ fulcioUrl: 'https://fulcio.test', identity, service, now });
    const { signature, key, chain } = await signer.sign(Buffer.from('data'));
    const { credentials, publicKeyRequest } = JSON.parse(String(calls[0]?.body)) as {
      credentials: { oidcIdentityToken: string };
      publicKeyRequest: { publicKey: { content: string }; proofOfPossession: string };
    };
    assert.equal(credentials.oidcIdentityToken, TOKEN);
    const publicKey = createPublicKey(publicKeyRequest.publicKey.content);
    assert.ok(verify('sha256', Buffer.from('s'), publicKey, Buffer.from(publicKeyRequest.proofOfPossession, 'base64')));
    assert.ok(verify('sha256', Buffer.from('data'), publicKey, signature));
    assert.deepEqual(key, { $case: 'x509Certificate', certificate: CERTIFICATE });
    assert.equal(chain, 'root');
    assert.deepEqual(await signer.identity(), { kind: 'certificate', identity: SIGNED.email, issuer: SIGNED.issuer });
  });

  it('tries again after Fulcio failed, and refuses an answer without a certificate', async () => {
    const answers = [{}, { signedCertificateDetachedSct: { chain: { certificates: [CERTIFICATE] } } }];
    const service: ServiceClient = async () => ({
      status: 200,
      headers: {},
      body: Buffer.from(JSON.stringify(answers.shift())),
    });
    const signer = createKeylessSigner({ fulcioUrl: 'https://fulcio.test', identity, service });
    await assert.rejects(signer.identity(), { code: 'SigningRefused', message: /fulcio\.test answered without/ });
    assert.equal((await signer.identity()).kind, 'certificate');
  });

  it('refuses a certificate that cannot be read', async () => {
    const { service } = fulcio({ signedCertificateEmbeddedSct: { chain: { certificates: ['not a certificate'] } } });
    const signer = createKeylessSigner({ fulcioUrl: 'https://fulcio.test', identity, service });
    await assert.rejects(signer.identity(), { code: 'SignatureInvalid' });
  });
});
