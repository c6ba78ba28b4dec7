import { createHash, createPublicKey } from 'node:crypto';
import type { Bundle, TransparencyLogEntry } from '@sigstore/bundle';
import { dsse, pem } from '@sigstore/core';
import { TransparencyLogEntry as LogEntryCodec } from '@sigstore/protobuf-specs';
import { PromoterError } from '../errors.ts';
import { publicKeyBytes } from './public-key.ts';
import type { ServiceClient } from './service.ts';
import type { Signature } from './signer.ts';
import { signatureOf } from './witness.ts';
import type { Witness } from './witness.ts';

/** A write waits for the next checkpoint, which takes a second when all is well. */
const TIMEOUT_MS = 40_000;

/**
 * Enters signatures in a Rekor v2 log.
 *
 * Envelopes are entered as `hashedrekord` over what was signed, their pre-authentication encoding: the log takes no
 * `dsse` entries any more (https://github.com/sigstore/architecture-docs/pull/63), though `@sigstore/sign` still sends
 * them.
 */
export function createRekorV2Witness(service: ServiceClient, logUrl: string): Witness {
  const base = logUrl.replace(/\/$/, '');
  return async (content, key) => {
    const answer = await service({
      doing: 'entering a signature in the Rekor log',
      url: `${base}/api/v2/log/entries`,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({
        hashedRekordRequestV002: {
          digest: signedDigest(content).toString('base64'),
          signature: { content: signatureOf(content).toString('base64'), verifier: verifier(key) },
        },
      }),
      timeoutMs: TIMEOUT_MS,
    });
    return { logEntries: [logEntryIn(answer.body, base)] };
  };
}

function signedDigest(content: Bundle['content']): Buffer {
  if (content.$case === 'messageSignature') return content.messageSignature.messageDigest.digest;
  const { payloadType, payload } = content.dsseEnvelope;
  return createHash('sha256').update(dsse.preAuthEncoding(payloadType, payload)).digest();
}

/** https://github.com/sigstore/protobuf-specs/blob/main/protos/rekor/v2/verifier.proto */
function verifier(key: Signature['key']): unknown {
  const keyDetails = 'PKIX_ECDSA_P256_SHA_256';
  if (key.$case === 'x509Certificate') {
    return { x509Certificate: { rawBytes: pem.toDER(key.certificate).toString('base64') }, keyDetails };
  }
  const publicKey = createPublicKey(key.publicKey);
  if (publicKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new PromoterError('SigningRefused', 'a Rekor v2 log takes only P-256 keys from this program: use one');
  }
  return { publicKey: { rawBytes: publicKeyBytes(publicKey).toString('base64') }, keyDetails };
}

function logEntryIn(body: Buffer, base: string): TransparencyLogEntry {
  try {
    const entry = LogEntryCodec.fromJSON(JSON.parse(body.toString('utf8')));
    if (entry.logId !== undefined && entry.kindVersion !== undefined && entry.inclusionProof !== undefined) {
      return { ...entry, logId: entry.logId, kindVersion: entry.kindVersion };
    }
  } catch (error) {
    throw notUnderstood(base, error);
  }
  throw notUnderstood(base);
}

function notUnderstood(base: string, cause?: unknown): PromoterError {
  return new PromoterError('SigningRefused', `the answer of the Rekor log at ${base} cannot be understood`, { cause });
}
