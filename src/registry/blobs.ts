import { createHash } from 'node:crypto';
import { PromoterError } from '../errors.ts';
import type { Digest, RepositoryName } from '../reference.ts';
import type { Caller } from './call.ts';
import { call } from './call.ts';
import { describe, failureOf } from './failure.ts';
import type { CallOptions } from './registry.ts';

/** Larger blobs are streamed; see `blob-stream.ts`. */
const MAX_BYTES = 256 * 1024 * 1024;

/** `HEAD /v2/<name>/blobs/<digest>`. */
export async function hasBlob(
  caller: Caller,
  repository: RepositoryName,
  digest: Digest,
  options?: CallOptions,
): Promise<boolean> {
  const { request, response } = await call(
    caller,
    repository,
    {
      class: 'blob.head',
      method: 'HEAD',
      doing: `look for the blob ${digest} in ${repository}`,
      path: `blobs/${digest}`,
      access: 'pull',
    },
    options,
  );
  if (response.status === 404) return false;
  if (response.status !== 200) throw failureOf(request, response);
  return true;
}

/** `GET /v2/<name>/blobs/<digest>` at once, for a blob of which the size is not known beforehand. */
export async function readBlob(
  caller: Caller,
  repository: RepositoryName,
  digest: Digest,
  options?: CallOptions,
): Promise<Uint8Array | undefined> {
  const { request, response } = await call(
    caller,
    repository,
    {
      class: 'blob.get',
      method: 'GET',
      doing: `read the blob ${digest} of ${repository}`,
      path: `blobs/${digest}`,
      access: 'pull',
      maxBytes: MAX_BYTES,
    },
    options,
  );
  if (response.status === 404) return undefined;
  if (response.status !== 200) throw failureOf(request, response);
  const got = `sha256:${createHash('sha256').update(response.bytes).digest('hex')}`;
  if (got === digest) return response.bytes;
  throw new PromoterError('DigestMismatch', describe(request, `gave bytes whose digest is ${got}, not ${digest}`));
}
