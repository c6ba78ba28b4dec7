import assert from 'node:assert/strict';
import { bundleFromJSON, envelopeToJSON } from '@sigstore/bundle';
import { attestationLayerBundle, legacyAnnotations, signatureLayerBundle } from '../../src/signing/legacy-layer.ts';
import {
  CERTIFICATE_ANNOTATION,
  CHAIN_ANNOTATION,
  IN_TOTO,
  LOG_ANNOTATION,
  SIGNATURE_ANNOTATION,
  TIMESTAMP_ANNOTATION,
} from '../../src/signing/media-types.ts';
import { sealEnvelope, sealMessage } from '../../src/signing/seal.ts';
import type { Signer } from '../../src/signing/signer.ts';
import { createMemoryLog, createMemorySigner } from '../support/memory-log.ts';
import { SIGNED } from './fixtures/signed.ts';

const PAYLOAD = Buffer.from('payload');
const CERTIFICATE = SIGNED.legacy.annotations[CERTIFICATE_ANNOTATION] ?? '';
const CHAIN = SIGNED.legacy.annotations[CHAIN_ANNOTATION] ?? '';

/** Signs nothing: what is looked at here is only where things are put. */
const certified: Signer = {
  sign: async () => ({
    signature: Buffer.from('signature'),
    key: { $case: 'x509Certificate', certificate: CERTIFICATE },
    chain: CHAIN,
  }),
  identity: async () => ({ kind: 'certificate', identity: 'x@y.test', issuer: 'https://issuer.test' }),
};

describe('the annotations of a legacy signature', () => {
  it('say what the sealed bundle says, and are read as that bundle again', async () => {
    const sealed = await sealMessage(certified, [createMemoryLog().witness], PAYLOAD);
    const annotations = legacyAnnotations(sealed);
    assert.equal(annotations[SIGNATURE_ANNOTATION], Buffer.from('signature').toString('base64'));
    assert.equal(annotations[CERTIFICATE_ANNOTATION]?.trim(), CERTIFICATE.trim());
    assert.equal(annotations[CHAIN_ANNOTATION], CHAIN);

    const { verificationMaterial, content } = signatureLayerBundle(annotations, PAYLOAD);
    const [entry] = sealed.bundle.verificationMaterial.tlogEntries;
    assert.ok(entry);
    assert.deepEqual(verificationMaterial.tlogEntries, [{ ...entry, inclusionProof: undefined }]);
    assert.deepEqual(content, sealed.bundle.content);
    assert.ok(verificationMaterial.content.$case === 'x509CertificateChain');
  });

  it('leave out what a key has not', async () => {
    const annotations = legacyAnnotations(await sealMessage(createMemorySigner(), [], PAYLOAD));
    assert.deepEqual(Object.keys(annotations), [SIGNATURE_ANNOTATION]);
    const { verificationMaterial } = signatureLayerBundle(annotations, PAYLOAD);
    assert.deepEqual(verificationMaterial.content, { $case: 'publicKey', publicKey: { hint: '' } });
    assert.deepEqual(verificationMaterial.tlogEntries, []);
  });

  it('may hold a signed timestamp', () => {
    const stamp = Buffer.from('stamp').toString('base64');
    const annotations = {
      [SIGNATURE_ANNOTATION]: 'eA==',
      [TIMESTAMP_ANNOTATION]: JSON.stringify({ SignedRFC3161Timestamp: stamp }),
    };
    const { timestampVerificationData } = signatureLayerBundle(annotations, PAYLOAD).verificationMaterial;
    assert.deepEqual(
      timestampVerificationData?.rfc3161Timestamps.map(({ signedTimestamp }) => String(signedTimestamp)),
      ['stamp'],
    );
  });
});

describe('a layer with an attestation', () => {
  it('is the envelope that was signed, with the certificate and the log entry of its annotations', () => {
    const { content } = bundleFromJSON(SIGNED.attestation);
    assert.ok(content.$case === 'dsseEnvelope');
    const payload = Buffer.from(JSON.stringify(envelopeToJSON(content.dsseEnvelope)));
    const bundle = attestationLayerBundle(SIGNED.legacy.annotations, payload);
    assert.deepEqual(bundle.content, content);
    assert.ok(bundle.verificationMaterial.content.$case === 'x509CertificateChain');
    assert.equal(bundle.verificationMaterial.tlogEntries.length, 1);
  });

  it('is refused without exactly one signature over something', () => {
    const one = { sig: 'eA==', keyid: '' };
    for (const [envelope, reason] of [
      ['x', /not a DSSE envelope/],
      [JSON.stringify({ payload: 'eA==', payloadType: IN_TOTO, signatures: [] }), /holds 0 signatures/],
      [JSON.stringify({ payload: 'eA==', payloadType: IN_TOTO, signatures: [one, one] }), /holds 2 signatures/],
      [JSON.stringify({ payload: '', payloadType: IN_TOTO, signatures: [one] }), /its envelope/],
    ] as const) {
      assert.throws(() => attestationLayerBundle({}, Buffer.from(envelope)), {
        code: 'SignatureInvalid',
        message: reason,
      });
    }
  });

  it('is refused when its annotations cannot be read', () => {
    const envelope = { payload: 'eA==', payloadType: IN_TOTO, signatures: [{ sig: 'eA==', keyid: '' }] };
    const payload = Buffer.from(JSON.stringify(envelope));
    assert.throws(() => attestationLayerBundle({ [LOG_ANNOTATION]: '{}' }, payload), {
      code: 'SignatureInvalid',
      message: /annotations cannot be read/,
    });
  });
});

describe('a sealed envelope', () => {
  it('names its key in the bundle alone, and carries what all witnesses say', async () => {
    const signer = createMemorySigner();
    const [one, two] = [createMemoryLog(), createMemoryLog()];
    const timestamp = async () => ({ timestamps: [Buffer.from('stamp')] });
    const { bundle, chain } = await sealEnvelope(signer, [one.witness, two.witness, timestamp], IN_TOTO, PAYLOAD);
    assert.equal(chain, undefined);
    assert.deepEqual(
      bundle.content.dsseEnvelope.signatures.map(({ keyid }) => keyid),
      [''],
    );
    const { key } = await signer.sign(PAYLOAD);
    assert.ok(key.$case === 'publicKey' && bundle.verificationMaterial.content.$case === 'publicKey');
    assert.equal(bundle.verificationMaterial.content.publicKey.hint, key.hint);
    assert.equal(bundle.verificationMaterial.tlogEntries.length, 2);
    assert.equal(bundle.verificationMaterial.timestampVerificationData?.rfc3161Timestamps.length, 1);
  });

  it('carries the certificate of its signer, and knows the chain above it', async () => {
    const { bundle, chain } = await sealEnvelope(certified, [], IN_TOTO, PAYLOAD);
    assert.equal(chain, CHAIN);
    const { content } = bundle.verificationMaterial;
    assert.ok(content.$case === 'certificate');
    assert.ok(CERTIFICATE.replaceAll('\n', '').includes(content.certificate.rawBytes.toString('base64')));
  });
});
