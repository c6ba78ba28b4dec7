import { createHash } from 'node:crypto';
import { PromoterError } from '../errors.ts';
import type { Digest, RepositoryName, Tag } from '../reference.ts';
import { formatReference, isDigest } from '../reference.ts';
import type { Caller, Exchange } from './call.ts';
import { call, jsonOf } from './call.ts';
import { headerOf } from './exchange.ts';
import { contradictionIn, embeddedMediaType, mediaTypeOf } from './manifest-type.ts';
import { describe, failureOf, nonsenseOf } from './failure.ts';
import type { CallOptions, ManifestContent, ManifestHead, ManifestWritten } from './registry.ts';

/** No manifest that anybody runs comes near; the specification asks registries for 4 MiB. */
const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

/** The last entry keeps registries from converting, or refusing, what they hold under another type. */
const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  '*/*',
].join(', ');

/** `HEAD /v2/<name>/manifests/<reference>`; asks again by GET where the answer carries no digest. */
export async function headManifest(
  caller: Caller,
  repository: RepositoryName,
  reference: Tag | Digest,
  options?: CallOptions,
): Promise<ManifestHead | undefined> {
  const { request, response } = await call(
    caller,
    repository,
    {
      class: 'manifest.head',
      method: 'HEAD',
      doing: `look for ${formatReference(repository, reference)}`,
      path: `manifests/${reference}`,
      access: 'pull',
      headers: { accept: ACCEPT },
    },
    options,
  );
  if (response.status === 404) return undefined;
  if (response.status !== 200) throw failureOf(request, response);
  const digest = headerOf(response, 'docker-content-digest');
  const size = Number(headerOf(response, 'content-length') ?? Number.NaN);
  const mediaType = mediaTypeOf(headerOf(response, 'content-type'));
  if (digest === undefined || !isDigest(digest) || !Number.isSafeInteger(size) || mediaType === '') {
    const content = await getManifest(caller, repository, reference, options);
    return content && { digest: content.digest, mediaType: content.mediaType, size: content.bytes.length };
  }
  if (isDigest(reference) && digest !== reference) throw mismatch({ request, response }, digest, reference);
  return { digest, mediaType, size };
}

/** `GET /v2/<name>/manifests/<reference>`, hashed before it is believed. */
export async function getManifest(
  caller: Caller,
  repository: RepositoryName,
  reference: Tag | Digest,
  options?: CallOptions,
): Promise<ManifestContent | undefined> {
  const exchange = await call(
    caller,
    repository,
    {
      class: 'manifest.get',
      method: 'GET',
      doing: `read the manifest of ${formatReference(repository, reference)}`,
      path: `manifests/${reference}`,
      access: 'pull',
      headers: { accept: ACCEPT },
      maxBytes: MAX_MANIFEST_BYTES,
    },
    options,
  );
  const { request, response } = exchange;
  if (response.status === 404) return undefined;
  if (response.status !== 200) throw failureOf(request, response);
  const digest = `sha256:${createHash('sha256').update(response.bytes).digest('hex')}` as Digest;
  const promised = isDigest(reference) ? reference : headerOf(response, 'docker-content-digest');
  // A registry may name a tag's manifest by another algorithm; only sha256 can be compared.
  if (promised !== undefined && isDigest(promised) && promised !== digest) throw mismatch(exchange, digest, promised);
  const manifest = jsonOf(response);
  const mediaType = mediaTypeOf(headerOf(response, 'content-type')) || embeddedMediaType(manifest);
  if (mediaType === '') throw nonsenseOf(request, 'answered a manifest without media type');
  const contradiction = contradictionIn(mediaType, manifest);
  if (contradiction !== undefined) throw nonsenseOf(request, `answered ${contradiction}`);
  return { digest, mediaType, bytes: response.bytes };
}

/** `PUT /v2/<name>/manifests/<reference>`, byte for byte. */
export async function putManifest(
  caller: Caller,
  repository: RepositoryName,
  reference: Tag | Digest,
  content: ManifestContent,
  options?: CallOptions,
): Promise<ManifestWritten> {
  const exchange = await call(
    caller,
    repository,
    {
      class: 'manifest.put',
      method: 'PUT',
      doing: `write ${formatReference(repository, reference)}`,
      path: `manifests/${reference}`,
      access: 'push',
      headers: { 'content-type': content.mediaType },
      body: () => content.bytes,
      bodySize: content.bytes.length,
    },
    options,
  );
  const { request, response } = exchange;
  if (response.status < 200 || response.status > 299) throw failureOf(request, response);
  const stored = headerOf(response, 'docker-content-digest');
  if (stored !== undefined && isDigest(stored) && stored !== content.digest) {
    throw mismatch(exchange, stored, content.digest);
  }
  return { subjectAccepted: headerOf(response, 'oci-subject') !== undefined };
}

function mismatch({ request }: Exchange, got: string, wanted: string): PromoterError {
  const happened = `gave ${got} where ${wanted} was expected`;
  const advice = 'The registry, or a proxy in between, altered the content; find out which before you go on.';
  return new PromoterError('DigestMismatch', describe(request, happened, advice));
}
