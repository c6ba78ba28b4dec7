import type { RepositoryName } from '../reference.ts';
import { hostOf } from '../reference.ts';
import type { Caller } from './call.ts';
import { call } from './call.ts';
import type { BodySource } from './exchange.ts';
import { failureOf } from './failure.ts';
import type { CallOptions, Descriptor } from './registry.ts';
import { locationOf, openUpload, putBlob } from './uploads.ts';

/** Whether a host stores blobs by a single POST; learned from its answers. */
export type SinglePostMemory = Map<string, boolean>;

/** A host of which nothing is known is tried with a blob no larger than this, since the bytes may be sent for nothing. */
const MAX_TRIAL_BYTES = 64 * 1024;

/** Answers by which registries say that they know no such request. */
const NOT_SUPPORTED = new Set([400, 404, 405, 411, 415, 501]);

/**
 * Uploads a blob by `POST /v2/<name>/blobs/uploads/?digest=<digest>` where the host has shown that it takes this ("Single
 * POST", distribution specification 1.1), else by POST and PUT. A 202 means that the bytes were not taken: they are sent
 * again to the upload that it opened, and the host is not asked so any more.
 */
export async function putBlobAtOnce(
  caller: Caller,
  memory: SinglePostMemory,
  repository: RepositoryName,
  blob: Pick<Descriptor, 'digest' | 'size'>,
  content: BodySource,
  options?: CallOptions,
): Promise<void> {
  const host = hostOf(repository);
  if (!(memory.get(host) ?? blob.size <= MAX_TRIAL_BYTES)) {
    return putBlob(caller, await openUpload(caller, repository, options), blob, content, options);
  }
  const { request, response } = await call(
    caller,
    repository,
    {
      class: 'upload.post',
      method: 'POST',
      doing: `write the blob ${blob.digest} to ${repository}`,
      path: `blobs/uploads/?digest=${encodeURIComponent(blob.digest)}`,
      access: 'push',
      headers: { 'content-type': 'application/octet-stream' },
      body: content,
      bodySize: blob.size,
      repeatable: false,
    },
    options,
  );
  if (response.status === 201) {
    memory.set(host, true);
    return;
  }
  if (response.status === 202) {
    memory.set(host, false);
    const upload = { repository, location: await locationOf(caller, { request, response }) };
    return putBlob(caller, upload, blob, content, options);
  }
  if (!NOT_SUPPORTED.has(response.status) || memory.get(host) === true) throw failureOf(request, response);
  memory.set(host, false);
  return putBlob(caller, await openUpload(caller, repository, options), blob, content, options);
}
