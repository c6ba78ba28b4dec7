import { bytesReply, emptyReply, errorReply, jsonReply, type Call, type Reply } from './reply.ts';
import type { HeldManifest, Repository } from './repository.ts';
import type { Received } from './received.ts';
import type { Route } from './route.ts';
import type { State } from './state.ts';

interface Links {
  readonly blobs: readonly string[];
  readonly children: readonly string[];
  readonly subject?: string;
  readonly artifactType?: string;
}

/** `GET` and `HEAD` of a manifest. */
export function readManifest(state: State, { host }: Call, { repository, reference }: Route): Reply {
  const held = state.find(host, repository);
  const digest = held?.resolve(reference);
  const manifest = digest === undefined ? undefined : held?.manifests.get(digest);
  const bytes = digest === undefined ? undefined : state.contents.get(digest);
  if (digest === undefined || manifest === undefined || !Buffer.isBuffer(bytes)) {
    return errorReply(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  }
  return bytesReply(200, bytes, manifest.mediaType, { 'docker-content-digest': digest });
}

/** `PUT` of a manifest, refused while anything that it names is missing. */
export function writeManifest(state: State, call: Call, { repository, reference }: Route, received: Received): Reply {
  const bytes = received.bytes();
  const links = bytes && linksOf(bytes);
  if (bytes === undefined || links === undefined) return errorReply(400, 'MANIFEST_INVALID', 'no manifest');
  const digest = received.digest();
  if (reference.startsWith('sha256:') && reference !== digest) {
    return errorReply(400, 'DIGEST_INVALID', `the manifest's digest is ${digest}`);
  }
  const held = state.open(call.host, repository);
  const missing =
    links.blobs.find((blob) => !held.blobs.has(blob)) ?? links.children.find((child) => !held.manifests.has(child));
  if (missing !== undefined) return errorReply(400, 'MANIFEST_BLOB_UNKNOWN', `${missing} is not in ${repository}`);
  state.contents.set(digest, bytes);
  const { subject, artifactType } = links;
  const manifest: HeldManifest = {
    mediaType: String(call.headers['content-type'] ?? 'application/vnd.oci.image.manifest.v1+json'),
    size: bytes.length,
    uploadedMs: Date.now(),
    ...(subject === undefined ? {} : { subject }),
    ...(artifactType === undefined ? {} : { artifactType }),
  };
  held.addManifest(digest, manifest, reference.startsWith('sha256:') ? undefined : reference);
  return emptyReply(201, {
    location: `/v2/${repository}/manifests/${digest}`,
    'docker-content-digest': digest,
    ...(subject === undefined ? {} : { 'oci-subject': subject }),
  });
}

/** `DELETE` of a tag, or of a digest with its tags. */
export function deleteManifest(state: State, { host }: Call, { repository, reference }: Route): Reply {
  const gone = state.find(host, repository)?.deleteReference(reference) === true;
  return gone ? emptyReply(202) : errorReply(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
}

/** `GET` of the referrers of a digest. */
export function listReferrers(state: State, { host }: Call, { repository, reference }: Route): Reply {
  const manifests = [...(state.find(host, repository)?.manifests ?? [])].flatMap(([digest, manifest]) => {
    const { mediaType, size, subject, artifactType } = manifest;
    return subject === reference ? [{ mediaType, digest, size, ...(artifactType && { artifactType }) }] : [];
  });
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  return jsonReply(200, { schemaVersion: 2, mediaType, manifests }, { 'content-type': mediaType });
}

/** `GET` of a repository's list. Google's extension: one that does not exist is an empty one. */
export function listTags(state: State, { host }: Call, { repository, query }: Route, google: boolean): Reply {
  const held = state.find(host, repository);
  if (google) {
    const body = held?.listing(googleListing) ?? googleListing(undefined);
    return bytesReply(200, body, 'application/json');
  }
  if (held === undefined) return errorReply(404, 'NAME_UNKNOWN', 'repository name not known to registry');
  const last = query.get('last') ?? '';
  const limit = Number(query.get('n') ?? Number.POSITIVE_INFINITY);
  const tags = [...held.tags.keys()].filter((tag) => tag > last).sort();
  const page = tags.slice(0, limit);
  const next = `</v2/${repository}/tags/list?n=${limit}&last=${page.at(-1) ?? ''}>; rel="next"`;
  return jsonReply(200, { name: repository, tags: page }, tags.length > page.length ? { link: next } : {});
}

function googleListing(held: Repository | undefined): Buffer {
  const manifest: Record<string, { tag: string[]; [field: string]: unknown }> = {};
  for (const [digest, { mediaType, size, uploadedMs }] of held?.manifests ?? []) {
    const time = String(uploadedMs);
    manifest[digest] = {
      imageSizeBytes: String(size),
      layerId: '',
      mediaType,
      tag: [],
      timeCreatedMs: time,
      timeUploadedMs: time,
    };
  }
  for (const [tag, digest] of held?.tags ?? []) manifest[digest]?.tag.push(tag);
  return Buffer.from(JSON.stringify({ child: [], manifest, name: '', tags: [...(held?.tags.keys() ?? [])].sort() }));
}

function linksOf(bytes: Buffer): Links | undefined {
  try {
    const { config, layers, manifests, subject, artifactType } = JSON.parse(bytes.toString()) as {
      config?: { digest: string; mediaType?: string };
      layers?: { digest: string }[];
      manifests?: { digest: string }[];
      subject?: { digest: string };
      artifactType?: string;
    };
    const type = artifactType ?? config?.mediaType;
    return {
      blobs: [...(config === undefined ? [] : [config]), ...(layers ?? [])].map(({ digest }) => digest),
      children: (manifests ?? []).map(({ digest }) => digest),
      ...(subject === undefined ? {} : { subject: subject.digest }),
      ...(type === undefined ? {} : { artifactType: type }),
    };
  } catch {
    return undefined;
  }
}
