import type { Digest, RepositoryName } from '../reference.ts';
import type { Caller } from './call.ts';
import { call } from './call.ts';
import { failureOf } from './failure.ts';
import type { CallOptions } from './registry.ts';

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
