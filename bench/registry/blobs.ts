import { sizeOf } from './contents.ts';
import { emptyReply, errorReply, type Call, type Reply } from './reply.ts';
import { Received } from './received.ts';
import type { Route } from './route.ts';
import type { State } from './state.ts';

/** Uploads under way, by their number. */
export interface Uploads {
  find(reference: string): Received | undefined;
  open(received: Received): string;
  close(reference: string): void;
}

/** Makes an empty list of uploads. */
export function createUploads(): Uploads {
  const uploads = new Map<string, Received>();
  let last = 0;
  return {
    find: (reference) => uploads.get(reference),
    open(received) {
      last += 1;
      uploads.set(String(last), received);
      return String(last);
    },
    close: (reference) => void uploads.delete(reference),
  };
}

/** `GET` and `HEAD` of a blob, with one range. */
export function readBlob(state: State, { host, headers }: Call, { repository, reference }: Route): Reply {
  const content = state.find(host, repository)?.blobs.has(reference) ? state.contents.get(reference) : undefined;
  if (content === undefined) return errorReply(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  const size = sizeOf(content);
  const range = /^bytes=(\d+)-(\d*)$/.exec(String(headers['range'] ?? ''));
  const from = range === null ? 0 : Number(range[1]);
  const to = range === null || range[2] === '' ? size - 1 : Math.min(size - 1, Number(range[2]));
  if (range !== null && from > to) return emptyReply(416);
  return {
    status: range === null ? 200 : 206,
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': to - from + 1,
      'docker-content-digest': reference,
      ...(range === null ? {} : { 'content-range': `bytes ${from}-${to}/${size}` }),
    },
    body: { content, from, to },
  };
}

/** `DELETE` of a blob. */
export function deleteBlob(state: State, { host }: Call, { repository, reference }: Route): Reply {
  const gone = state.find(host, repository)?.deleteBlob(reference) === true;
  return gone ? emptyReply(202) : errorReply(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
}

/** `POST` with `mount=`: done where the other repository has the blob, else an upload is opened. */
export function mountBlob(state: State, uploads: Uploads, { host }: Call, { repository, query }: Route): Reply {
  const digest = query.get('mount') ?? '';
  const from = state.find(host, query.get('from') ?? '');
  if (from?.blobs.has(digest) !== true) return opened(uploads, repository, new Received());
  state.open(host, repository).addBlob(digest);
  return stored(repository, digest);
}

/** `POST`: opens an upload, or takes the whole blob where that is allowed. */
export function openUpload(
  state: State,
  uploads: Uploads,
  { host }: Call,
  { repository, query }: Route,
  received: Received,
  takesAll: boolean,
): Reply {
  const digest = query.get('digest');
  if (digest === null || !takesAll) return opened(uploads, repository, new Received());
  return store(state, host, repository, digest, received);
}

/** `PATCH`: what came is part of the upload by now. */
export function continueUpload(uploads: Uploads, { repository, reference }: Route): Reply {
  const upload = uploads.find(reference);
  if (upload === undefined) return errorReply(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
  return emptyReply(202, progress(repository, reference, upload));
}

/** `GET`: how far it is. */
export function lookAtUpload(uploads: Uploads, { repository, reference }: Route): Reply {
  const upload = uploads.find(reference);
  if (upload === undefined) return errorReply(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
  return emptyReply(204, progress(repository, reference, upload));
}

/** `PUT`: the upload is complete. */
export function closeUpload(state: State, uploads: Uploads, { host }: Call, route: Route): Reply {
  const upload = uploads.find(route.reference);
  if (upload === undefined) return errorReply(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
  uploads.close(route.reference);
  return store(state, host, route.repository, route.query.get('digest') ?? '', upload);
}

function store(state: State, host: string, repository: string, digest: string, received: Received): Reply {
  const got = received.digest();
  if (got !== digest) return errorReply(400, 'DIGEST_INVALID', `the blob's digest is ${got}`);
  const bytes = received.bytes();
  if (bytes !== undefined && !state.contents.has(digest)) state.contents.set(digest, bytes);
  if (!state.contents.has(digest)) return errorReply(413, 'SIZE_INVALID', 'too large to be kept, and not known');
  state.open(host, repository).addBlob(digest);
  return stored(repository, digest);
}

function stored(repository: string, digest: string): Reply {
  return emptyReply(201, { location: `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest });
}

function opened(uploads: Uploads, repository: string, received: Received): Reply {
  return emptyReply(202, progress(repository, uploads.open(received), received));
}

function progress(repository: string, reference: string, { size }: Received): Reply['headers'] {
  return {
    location: `/v2/${repository}/blobs/uploads/${reference}`,
    range: `0-${Math.max(0, size - 1)}`,
    'docker-upload-uuid': reference,
  };
}
