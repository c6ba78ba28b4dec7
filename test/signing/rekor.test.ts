import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { HashAlgorithm } from '@sigstore/protobuf-specs';
import type { ServiceAnswer, ServiceCall, ServiceClient } from '../../src/signing/service.ts';
import { createRekorV1Witness } from '../../src/signing/rekor-v1.ts';
import { createRekorV2Witness } from '../../src/signing/rekor-v2.ts';
import { createTimestampWitness } from '../../src/signing/timestamp.ts';
import { fromDer } from './fixtures/pem.ts';
import { SIGNED } from './fixtures/signed.ts';

const BUNDLE = bundleFromJSON(SIGNED.signature);
const ENTRY = BUNDLE.verificationMaterial.tlogEntries[0];
const KEY = { $case: 'x509Certificate', certificate: fromDer(rawCertificate()) } as const;
const MESSAGE = {
  messageDigest: { algorithm: HashAlgorithm.SHA2_256, digest: Buffer.alloc(32, 1) },
  signature: Buffer.from('signature'),
};
const UUID = 'a'.repeat(80);

function rawCertificate(): string {
  const { content } = BUNDLE.verificationMaterial;
  return content.$case === 'certificate' ? content.certificate.rawBytes.toString('base64') : '';
}

/** The fixture's entry as Rekor v1 answers it. */
function rekorAnswer(): object {
  assert.ok(ENTRY?.inclusionProof);
  const { inclusionProof: proof } = ENTRY;
  return {
    [UUID]: {
      body: ENTRY.canonicalizedBody.toString('base64'),
      integratedTime: Number(ENTRY.integratedTime),
      logID: ENTRY.logId.keyId.toString('hex'),
      logIndex: Number(ENTRY.logIndex),
      verification: {
        signedEntryTimestamp: ENTRY.inclusionPromise?.signedEntryTimestamp.toString('base64'),
        inclusionProof: {
          checkpoint: proof.checkpoint?.envelope,
          hashes: proof.hashes.map((hash) => hash.toString('hex')),
          logIndex: Number(proof.logIndex),
          rootHash: proof.rootHash.toString('hex'),
          treeSize: Number(proof.treeSize),
        },
      },
    },
  };
}

function answering(...answers: readonly Partial<Omit<ServiceAnswer, 'body'> & { body: unknown }>[]) {
  const calls: ServiceCall[] = [];
  const service: ServiceClient = async (call) => {
    const { status = 201, headers = {}, body = '' } = answers[calls.length] ?? {};
    calls.push(call);
    return { status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) };
  };
  return { service, calls };
}

describe('a Rekor v1 log', () => {
  it('is given an envelope, and its answer becomes a log entry', async () => {
    const { service, calls } = answering({ body: rekorAnswer() });
    const { logEntries } = await createRekorV1Witness(service, 'https://rekor.test/')(BUNDLE.content, KEY);
    assert.deepEqual(logEntries, [ENTRY]);
    assert.equal(calls[0]?.url, 'https://rekor.test/api/v1/log/entries');
    const proposed = JSON.parse(String(calls[0].body)) as {
      kind: string;
      spec: { proposedContent: { verifiers: string[] } };
    };
    assert.equal(proposed.kind, 'dsse');
    assert.deepEqual(proposed.spec.proposedContent.verifiers, [Buffer.from(KEY.certificate).toString('base64')]);
  });

  it('is given the hash of what was signed as it is', async () => {
    const { service, calls } = answering({ body: rekorAnswer() });
    const digest = Buffer.alloc(32, 7);
    const signature = Buffer.from('signature');
    const messageDigest = { algorithm: HashAlgorithm.SHA2_256, digest };
    const content = { $case: 'messageSignature', messageSignature: { messageDigest, signature } } as const;
    await createRekorV1Witness(service, 'https://rekor.test')(content, KEY);
    assert.deepEqual(JSON.parse(String(calls[0]?.body)), {
      apiVersion: '0.0.1',
      kind: 'hashedrekord',
      spec: {
        data: { hash: { algorithm: 'sha256', value: '07'.repeat(32) } },
        signature: {
          content: signature.toString('base64'),
          publicKey: { content: Buffer.from(KEY.certificate).toString('base64') },
        },
      },
    });
  });

  it('that has the entry already is asked for it', async () => {
    const conflict = { status: 409, headers: { location: `/api/v1/log/entries/${UUID}` } };
    const { service, calls } = answering(conflict, { status: 200, body: rekorAnswer() });
    const { logEntries } = await createRekorV1Witness(service, 'https://rekor.test')(BUNDLE.content, KEY);
    assert.deepEqual(logEntries, [ENTRY]);
    assert.deepEqual([calls[1]?.method, calls[1]?.url], ['GET', `https://rekor.test/api/v1/log/entries/${UUID}`]);
  });

  for (const answer of [
    { body: 'nonsense' },
    { body: {} },
    { body: { [UUID]: { body: 'x' } } },
    { status: 409 },
    { status: 409, headers: { location: 'https://elsewhere.test/../../admin' } },
  ]) {
    it(`that answers ${JSON.stringify(answer)} is not believed`, async () => {
      const { service } = answering(answer);
      const testimony = createRekorV1Witness(service, 'https://rekor.test')(BUNDLE.content, KEY);
      await assert.rejects(testimony, { code: 'SigningRefused', message: /rekor\.test/ });
    });
  }
});

describe('a Rekor v2 log', () => {
  it('is given the hash of what was signed, which for an envelope is its pre-authentication encoding', async () => {
    const bundle = bundleFromJSON(SIGNED.withRekorV2.signature);
    const [entry] = bundle.verificationMaterial.tlogEntries;
    const { tlogEntries } = (SIGNED.withRekorV2.signature as { verificationMaterial: { tlogEntries: unknown[] } })
      .verificationMaterial;
    const { service, calls } = answering({ body: tlogEntries[0] });
    const { logEntries } = await createRekorV2Witness(service, 'https://log.test')(bundle.content, KEY);
    assert.deepEqual(logEntries, [entry]);
    const { hashedRekordRequestV002: request } = JSON.parse(String(calls[0]?.body)) as {
      hashedRekordRequestV002: { digest: string };
    };
    const logged = JSON.parse(entry?.canonicalizedBody.toString() ?? '') as {
      spec: { hashedRekordV002: { data: { digest: string } } };
    };
    assert.equal(request.digest, logged.spec.hashedRekordV002.data.digest);
  });

  const entry = {
    logId: { keyId: 'AA==' },
    kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
    inclusionProof: {},
  };

  it('is told who signed: by a certificate, or by a key of a kind that it takes', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const content = { $case: 'messageSignature', messageSignature: MESSAGE } as const;
    const { service, calls } = answering({ body: entry }, { body: entry });
    const witness = createRekorV2Witness(service, 'https://rekor.test/');
    await witness(content, KEY);
    const key = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    await witness(content, { $case: 'publicKey', publicKey: key, hint: '' });
    const keyDetails = 'PKIX_ECDSA_P256_SHA_256';
    const der = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const verifiers = [
      { x509Certificate: { rawBytes: rawCertificate() }, keyDetails },
      { publicKey: { rawBytes: der }, keyDetails },
    ];
    for (const [at, verifier] of verifiers.entries()) {
      const { body, headers, url } = calls[at] ?? {};
      assert.deepEqual(JSON.parse(String(body)), {
        hashedRekordRequestV002: {
          digest: MESSAGE.messageDigest.digest.toString('base64'),
          signature: { content: MESSAGE.signature.toString('base64'), verifier },
        },
      });
      assert.deepEqual(headers, { 'content-type': 'application/json', accept: 'application/json' });
      assert.equal(url, 'https://rekor.test/api/v2/log/entries');
    }
    for (const other of [generateKeyPairSync('ec', { namedCurve: 'P-384' }), generateKeyPairSync('ed25519')]) {
      const pem = other.publicKey.export({ format: 'pem', type: 'spki' }).toString();
      await assert.rejects(witness(content, { $case: 'publicKey', publicKey: pem, hint: '' }), {
        code: 'SigningRefused',
        message: 'a Rekor v2 log takes only P-256 keys from this program: use one',
      });
    }
  });

  const { logId: _, ...nowhere } = entry;
  const { kindVersion: __, ...ofNoKind } = entry;
  const { inclusionProof: ___, ...unproved } = entry;
  for (const body of ['nonsense', '{', '[]', {}, { logIndex: '1' }, nowhere, ofNoKind, unproved]) {
    it(`that answers ${JSON.stringify(body)} is not believed`, async () => {
      const testimony = createRekorV2Witness(answering({ body }).service, 'https://log.test')(BUNDLE.content, KEY);
      await assert.rejects(testimony, {
        code: 'SigningRefused',
        message: 'the answer of the Rekor log at https://log.test cannot be understood',
      });
    });
  }
});

describe('a timestamp authority', () => {
  it('is asked in DER for a timestamp of the signature', async () => {
    const { service, calls } = answering({ body: 'response' });
    const { timestamps } = await createTimestampWitness(service, 'https://tsa.test/api')(BUNDLE.content, KEY);
    assert.deepEqual(timestamps?.map(String), ['response']);
    const request = calls[0]?.body;
    assert.ok(request instanceof Uint8Array);
    assert.equal(request[1], request.length - 2);
  });
});
