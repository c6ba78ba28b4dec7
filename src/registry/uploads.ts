import { PromoterError } from '../errors.ts';
import type { Digest, RepositoryName } from '../reference.ts';
import { hostOf } from '../reference.ts';
import type { Caller, Exchange } from './call.ts';
import { call, scopesOf } from './call.ts';
import { apiPathOf } from './endpoint.ts';
import type { BodySource, RegistryRequest } from './exchange.ts';
import { headerOf } from './exchange.ts';
import { describe, failureOf, nonsenseOf } from './failure.ts';
import type { BlobUpload, CallOptions, Descriptor } from './registry.ts';

/** What a registry may need to store a blob after its last byte, besides the usual time, in milliseconds per byte. */
const STORING_MS_PER_BYTE = 1000 / (16 * 1024 * 1024);
const STORING_BASE_MS = 30_000;
const STORING_MAX_MS = 300_000;

/** Answers to a mount that mean no more than "not here, not so": the blob is uploaded instead. */
const MOUNT_REFUSED = new Set([400, 401, 403, 404, 405]);

/** `POST /v2/<name>/blobs/uploads/`. */
export async function openUpload(
  caller: Caller,
  repository: RepositoryName,
  options?: CallOptions,
): Promise<BlobUpload> {
  const { request, response } = await call(
    caller,
    repository,
    {
      class: 'upload.post',
      method: 'POST',
      doing: `open an upload to ${repository}`,
      path: 'blobs/uploads/',
      access: 'push',
      bodySize: 0,
    },
    options,
  );
  if (response.status !== 202) throw failureOf(request, response);
  return { repository, location: await locationOf(caller, { request, response }) };
}

/** `POST /v2/<name>/blobs/uploads/?mount=<digest>&from=<name>`. */
export async function mountBlob(
  caller: Caller,
  repository: RepositoryName,
  digest: Digest,
  from: RepositoryName,
  options?: CallOptions,
): Promise<'mounted' | BlobUpload> {
  if (hostOf(from) !== hostOf(repository)) {
    throw new PromoterError('RequestInvalid', `cannot mount from ${from} into ${repository}: not the same host`);
  }
  const query = new URLSearchParams({ mount: digest, from: apiPathOf(from) });
  const exchange = await call(
    caller,
    repository,
    {
      class: 'blob.mount',
      method: 'POST',
      doing: `mount the blob ${digest} of ${from} into ${repository}`,
      path: `blobs/uploads/?${query.toString()}`,
      access: 'push',
      from,
      bodySize: 0,
    },
    options,
  ).catch(unlessRefused);
  if (exchange === 'refused' || MOUNT_REFUSED.has(exchange.response.status)) {
    return openUpload(caller, repository, options);
  }
  if (exchange.response.status === 201) return 'mounted';
  if (exchange.response.status !== 202) throw failureOf(exchange.request, exchange.response);
  return { repository, location: await locationOf(caller, exchange) };
}

/** `PUT <location>?digest=<digest>` with the whole blob. */
export async function putBlob(
  caller: Caller,
  upload: BlobUpload,
  blob: Pick<Descriptor, 'digest' | 'size'>,
  content: BodySource,
  options?: CallOptions,
): Promise<void> {
  const { repository } = upload;
  const url = new URL(upload.location);
  // Appended as text: a location may be signed, and must come back as it was given.
  url.search += `${url.search === '' ? '?' : '&'}digest=${encodeURIComponent(blob.digest)}`;
  const request: RegistryRequest = {
    ...atLocation(caller, repository, url, options),
    class: 'upload.put',
    method: 'PUT',
    doing: `write the blob ${blob.digest} to ${repository}`,
    headers: { 'content-type': 'application/octet-stream' },
    body: content,
    bodySize: blob.size,
    headersTimeoutMs: Math.min(STORING_MAX_MS, STORING_BASE_MS + blob.size * STORING_MS_PER_BYTE),
  };
  const response = await caller.send(request);
  if (response.status !== 201) throw failureOf(request, response);
  const stored = headerOf(response, 'docker-content-digest');
  if (stored !== undefined && stored.startsWith('sha256:') && stored !== blob.digest) {
    const advice = 'The registry, or a proxy in between, altered the content; find out which before you go on.';
    throw new PromoterError('DigestMismatch', describe(request, `stored ${stored} instead`, advice));
  }
}

/** Opens an upload and gives it up again, to learn whether writing is allowed before anything depends on it. */
export async function probeWrite(caller: Caller, repository: RepositoryName, options?: CallOptions): Promise<void> {
  const upload = await openUpload(caller, repository, options);
  // Registries need not support this (specification 1.1 does not list it); sessions expire by themselves.
  await caller.send({
    ...atLocation(caller, repository, upload.location, options),
    class: 'upload.delete',
    method: 'DELETE',
    doing: `give up the upload to ${repository}`,
  });
}

/** The common part of requests to an upload session, which may be at another origin, where our credentials must not go. */
function atLocation(caller: Caller, repository: RepositoryName, url: URL, options: CallOptions | undefined) {
  const host = hostOf(repository);
  const elsewhere = url.origin !== caller.originOf(host);
  return {
    host: elsewhere ? url.host : host,
    url,
    scopes: scopesOf(repository, 'push'),
    anonymous: elsewhere,
    repeatable: false,
    ...(options?.signal !== undefined && { signal: options.signal }),
  };
}

/**
 * Where an answer says that the upload goes on.
 *
 * @throws PromoterError `RegistryProtocol` when it says nothing usable, or leads where the guard says no
 */
export async function locationOf({ guard }: Caller, { request, response }: Exchange): Promise<URL> {
  const location = headerOf(response, 'location');
  if (location === undefined || !URL.canParse(location, request.url.href)) {
    throw nonsenseOf(request, `answered ${response.status} without a usable Location`);
  }
  const url = new URL(location, request.url);
  const objection = await guard(request.url, url);
  if (objection !== undefined) throw nonsenseOf(request, `sends the upload to ${url.origin}, refused: ${objection}`);
  return url;
}

function unlessRefused(error: unknown): 'refused' {
  const code = error instanceof PromoterError ? error.code : undefined;
  if (code === 'RegistryUnauthorized' || code === 'RegistryDenied') return 'refused';
  throw error;
}
