import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { Bundle } from '@sigstore/bundle';
import { json } from '@sigstore/core';
import { keyHint } from '../../src/signing/public-key.ts';
import type { Signer } from '../../src/signing/signer.ts';
import { parseTrustRoot } from '../../src/signing/trust-root.ts';
import type { TrustRoot } from '../../src/signing/trust-root.ts';
import { signatureOf, verifierOf } from '../../src/signing/witness.ts';
import type { Witness } from '../../src/signing/witness.ts';
import { SIGNED } from '../signing/fixtures/signed.ts';

/** A transparency log with a key of its own, and a trust root that believes it and the services of the fixture. */
export interface MemoryLog {
  readonly witness: Witness;
  readonly trust: TrustRoot;
}

const URL = 'https://rekor.test';

/**
 * Logs as Rekor v1 does: each entry comes with a signed promise, and with the proof of a tree that holds it alone.
 *
 * @param services what its trust root has in place of the fixture's, such as certificate authorities
 * @param now when its entries are made, in milliseconds since the epoch
 */
export function createMemoryLog(services: object = {}, now: () => number = Date.now): MemoryLog {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rawBytes = publicKey.export({ format: 'der', type: 'spki' });
  const keyId = sha256(rawBytes);
  let entries = 0;

  const witness: Witness = async (content, key) => {
    const body = entryBody(content, verifierOf(key));
    const canonicalizedBody = Buffer.from(json.canonicalize(body));
    const logIndex = (entries += 1);
    const integratedTime = Math.floor(now() / 1000);
    const encoded = canonicalizedBody.toString('base64');
    const promised = json.canonicalize({ body: encoded, integratedTime, logIndex, logID: keyId.toString('hex') });
    const rootHash = sha256(Buffer.concat([Buffer.of(0), canonicalizedBody]));
    const note = `rekor.test\n1\n${rootHash.toString('base64')}\n`;
    const noted = Buffer.concat([keyId.subarray(0, 4), sign('sha256', Buffer.from(note), privateKey)]);
    const envelope = `${note}\n\u2014 rekor.test ${noted.toString('base64')}\n`;
    const entry = {
      logIndex: String(logIndex),
      logId: { keyId },
      kindVersion: { kind: body.kind, version: body.apiVersion },
      integratedTime: String(integratedTime),
      inclusionPromise: { signedEntryTimestamp: sign('sha256', Buffer.from(promised), privateKey) },
      inclusionProof: { logIndex: '0', rootHash, treeSize: '1', hashes: [], checkpoint: { envelope } },
      canonicalizedBody,
    };
    return { logEntries: [entry] };
  };

  const publicKeyJson = {
    rawBytes: rawBytes.toString('base64'),
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
    validFor: { start: '2020-01-01T00:00:00Z' },
  };
  const logId = { keyId: keyId.toString('base64') };
  const tlogs = [{ baseUrl: URL, hashAlgorithm: 'SHA2_256', publicKey: publicKeyJson, logId }];
  const known = SIGNED.trustedRoot as { readonly tlogs: readonly unknown[] };
  const root = { ...known, tlogs: [...known.tlogs, ...tlogs], ...services };
  return { witness, trust: parseTrustRoot(JSON.stringify(root), 'the log of this test') };
}

/** Signs with a fresh key. */
export function createMemorySigner(): Signer & { readonly publicKey: string } {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKey = pair.publicKey.export({ format: 'pem', type: 'spki' }).toString();
  return {
    publicKey,
    sign: async (data) => ({
      signature: sign('sha256', data, pair.privateKey),
      key: { $case: 'publicKey', publicKey, hint: keyHint(publicKey) },
    }),
    identity: async () => ({ kind: 'key', publicKey }),
  };
}

function entryBody(content: Bundle['content'], verifier: string): { kind: string; apiVersion: string; spec: object } {
  const signature = signatureOf(content).toString('base64');
  const key = Buffer.from(verifier).toString('base64');
  if (content.$case === 'messageSignature') {
    const value = content.messageSignature.messageDigest.digest.toString('hex');
    const spec = {
      data: { hash: { algorithm: 'sha256', value } },
      signature: { content: signature, publicKey: { content: key } },
    };
    return { kind: 'hashedrekord', apiVersion: '0.0.1', spec };
  }
  const value = sha256(content.dsseEnvelope.payload).toString('hex');
  const spec = { payloadHash: { algorithm: 'sha256', value }, signatures: [{ signature, verifier: key }] };
  return { kind: 'dsse', apiVersion: '0.0.1', spec };
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
