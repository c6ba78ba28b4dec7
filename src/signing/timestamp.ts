import { createHash } from 'node:crypto';
import type { ServiceClient } from './service.ts';
import { signatureOf } from './witness.ts';
import type { Witness } from './witness.ts';

/** DER of a version 1 `TimeStampReq` for SHA-256 up to the hash itself, which ends it (RFC 3161, 2.4.1). */
const REQUEST_PREFIX = Buffer.from('30360201013031300d060960864801650304020105000420', 'hex');

/** Has signatures timestamped by an RFC 3161 authority. */
export function createTimestampWitness(service: ServiceClient, authorityUrl: string): Witness {
  return async (content) => {
    const hash = createHash('sha256').update(signatureOf(content)).digest();
    const answer = await service({
      doing: 'asking the timestamp authority for a timestamp',
      url: authorityUrl,
      headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
      body: Buffer.concat([REQUEST_PREFIX, hash]),
    });
    return { timestamps: [answer.body] };
  };
}
