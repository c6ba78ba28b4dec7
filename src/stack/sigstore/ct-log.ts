import { createHash, createPublicKey, sign, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { ASN1Obj } from '@sigstore/core';
import { messageOf } from '../../errors.ts';
import { listenOnLoopback } from './loopback-listener.ts';
import type { Service } from './service.ts';

const ADD_PRE_CHAIN = '/ct/v1/add-pre-chain';
/** The critical extension that marks a precertificate, RFC 6962 section 3.1. */
const POISON = '1.3.6.1.4.1.11129.2.4.3';
const EXTENSIONS_TAG = 3;

const SCT_VERSION_1 = 0;
const CERTIFICATE_TIMESTAMP = 0;
const PRECERTIFICATE_ENTRY = 1;
const SHA256_WITH_ECDSA = [4, 3] as const;

/** A running certificate-transparency log front. */
export interface CtLog extends Service {
  readonly url: string;
}

/** What a log answers to `add-pre-chain`: a signed certificate timestamp, RFC 6962 section 4.1. */
export interface SignedCertificateTimestamp {
  readonly sct_version: number;
  readonly id: string;
  readonly timestamp: number;
  readonly extensions: string;
  readonly signature: string;
}

/**
 * Starts the submission side of a certificate-transparency log (RFC 6962), which Fulcio asks before it issues.
 *
 * The signed certificate timestamps are real and every verifier checks them; a timestamp is a log's promise to include
 * the certificate, and since nobody audits a development stack no tree is kept.
 */
export async function startCtLog(options: { readonly port: number; readonly privateKey: KeyObject }): Promise<CtLog> {
  const server = createServer((request, response) => {
    void answer(request, response, options.privateKey);
  });
  const listener = await listenOnLoopback(server, options.port);
  return { url: `http://127.0.0.1:${listener.port}`, processes: [], stop: listener.stop };
}

async function answer(request: IncomingMessage, response: ServerResponse, privateKey: KeyObject): Promise<void> {
  if (request.method !== 'POST' || request.url !== ADD_PRE_CHAIN) {
    response.writeHead(404).end();
    return;
  }
  try {
    const { chain } = (await json(request)) as { readonly chain: readonly string[] };
    const timestamp = signPrecertificate(
      chain.map((certificate) => Buffer.from(certificate, 'base64')),
      privateKey,
      Date.now(),
    );
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(timestamp));
  } catch (error) {
    response.writeHead(400).end(`no precertificate and issuer in the chain: ${messageOf(error)}\n`);
  }
}

/**
 * The signed certificate timestamp for a chain of DER certificates: the precertificate, then its issuer.
 *
 * What is signed is the structure of RFC 6962 section 3.2: it names the issuer's key, and the certificate without the
 * poison, which is what the final certificate is without its timestamps.
 */
function signPrecertificate(
  chain: readonly Buffer<ArrayBuffer>[],
  privateKey: KeyObject,
  timestamp: number,
): SignedCertificateTimestamp {
  const [precertificate, issuer] = chain;
  if (precertificate === undefined || issuer === undefined) {
    throw new TypeError(`expected two or more certificates, got ${chain.length}`);
  }
  const certificate = withoutPoison(precertificate);
  const signed = Buffer.concat([
    Buffer.from([SCT_VERSION_1, CERTIFICATE_TIMESTAMP]),
    unsigned(timestamp, 8),
    unsigned(PRECERTIFICATE_ENTRY, 2),
    keyHash(new X509Certificate(issuer).publicKey),
    unsigned(certificate.length, 3),
    certificate,
    unsigned(0, 2),
  ]);
  const signature = sign('sha256', signed, privateKey);
  return {
    sct_version: SCT_VERSION_1,
    id: keyHash(createPublicKey(privateKey)).toString('base64'),
    timestamp,
    extensions: '',
    signature: Buffer.concat([Buffer.from(SHA256_WITH_ECDSA), unsigned(signature.length, 2), signature]).toString(
      'base64',
    ),
  };
}

function withoutPoison(precertificate: Buffer<ArrayBuffer>): Buffer {
  const tbsCertificate = ASN1Obj.parseBuffer(precertificate).subs[0];
  const extensions = tbsCertificate?.subs.find((field) => field.tag.isContextSpecific(EXTENSIONS_TAG))?.subs[0];
  const poison = extensions?.subs.findIndex((extension) => extension.subs[0]?.toOID() === POISON) ?? -1;
  if (tbsCertificate === undefined || extensions === undefined || poison === -1) {
    throw new TypeError('the first certificate is not a precertificate');
  }
  extensions.subs.splice(poison, 1);
  return tbsCertificate.toDER();
}

function keyHash(publicKey: KeyObject): Buffer {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}

function unsigned(value: number, length: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt(value));
  return buffer.subarray(8 - length);
}
