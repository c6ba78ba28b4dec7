import { envelopeToJSON } from '@sigstore/bundle';
import type { Bundle, TransparencyLogEntry } from '@sigstore/bundle';
import { PromoterError } from '../errors.ts';
import type { ServiceAnswer, ServiceClient } from './service.ts';
import { verifierOf } from './witness.ts';
import type { Witness } from './witness.ts';

/**
 * Enters signatures in a Rekor v1 log, whose answer promises inclusion and states the time
 * (https://github.com/sigstore/rekor/blob/main/openapi.yaml, `createLogEntry`).
 *
 * An entry that is there already, because the answer to an earlier try was lost, is fetched.
 */
export function createRekorV1Witness(service: ServiceClient, logUrl: string): Witness {
  const base = logUrl.replace(/\/$/, '');
  const doing = 'entering a signature in the Rekor log';
  return async (content, key) => {
    const created = await service({
      doing,
      url: `${base}/api/v1/log/entries`,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(proposedEntry(content, verifierOf(key))),
      accept: [409],
    });
    const answer = created.status === 409 ? await fetchExisting(service, base, created) : created;
    return { logEntries: [logEntryIn(answer, base)] };
  };
}

/** The kinds `hashedrekord` and `dsse`, version 0.0.1 (rekor, pkg/types). */
function proposedEntry(content: Bundle['content'], verifier: string): unknown {
  const publicKey = Buffer.from(verifier).toString('base64');
  if (content.$case === 'dsseEnvelope') {
    const envelope = JSON.stringify(envelopeToJSON(content.dsseEnvelope));
    return { apiVersion: '0.0.1', kind: 'dsse', spec: { proposedContent: { envelope, verifiers: [publicKey] } } };
  }
  const { messageDigest, signature } = content.messageSignature;
  return {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: messageDigest.digest.toString('hex') } },
      signature: { content: signature.toString('base64'), publicKey: { content: publicKey } },
    },
  };
}

async function fetchExisting(service: ServiceClient, base: string, conflict: ServiceAnswer): Promise<ServiceAnswer> {
  const location = conflict.headers['location'];
  const uuid = typeof location === 'string' ? /\/([0-9a-f]{64,})$/.exec(location)?.[1] : undefined;
  if (uuid === undefined) {
    throw new PromoterError('SigningRefused', `the log at ${base} says the entry exists, but not where`);
  }
  return service({
    doing: 'fetching an existing entry of the Rekor log',
    url: `${base}/api/v1/log/entries/${uuid}`,
    method: 'GET',
    headers: { accept: 'application/json' },
  });
}

interface RekorEntry {
  readonly body: string;
  readonly integratedTime: number;
  readonly logID: string;
  readonly logIndex: number;
  readonly verification: {
    readonly signedEntryTimestamp: string;
    readonly inclusionProof: {
      readonly checkpoint: string;
      readonly hashes: readonly string[];
      readonly logIndex: number;
      readonly rootHash: string;
      readonly treeSize: number;
    };
  };
}

function logEntryIn(answer: ServiceAnswer, base: string): TransparencyLogEntry {
  try {
    const [entry] = Object.values(JSON.parse(answer.body.toString('utf8')) as Record<string, RekorEntry>);
    if (entry === undefined) throw new TypeError('there is no entry in it');
    return transparencyLogEntry(entry);
  } catch (error) {
    throw new PromoterError('SigningRefused', `the answer of the Rekor log at ${base} cannot be understood`, {
      cause: error,
    });
  }
}

function transparencyLogEntry(entry: RekorEntry): TransparencyLogEntry {
  const canonicalizedBody = Buffer.from(entry.body, 'base64');
  const { kind, apiVersion } = JSON.parse(canonicalizedBody.toString('utf8')) as { kind: string; apiVersion: string };
  const { signedEntryTimestamp, inclusionProof: proof } = entry.verification;
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: Buffer.from(entry.logID, 'hex') },
    kindVersion: { kind, version: apiVersion },
    integratedTime: String(entry.integratedTime),
    inclusionPromise: { signedEntryTimestamp: Buffer.from(signedEntryTimestamp, 'base64') },
    inclusionProof: {
      logIndex: String(proof.logIndex),
      treeSize: String(proof.treeSize),
      rootHash: Buffer.from(proof.rootHash, 'hex'),
      hashes: proof.hashes.map((hash) => Buffer.from(hash, 'hex')),
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody,
  };
}
