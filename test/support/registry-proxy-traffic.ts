/** What a request is for, by method and path of the distribution specification 1.1. */
export type TrafficClass =
  | 'ping'
  | 'token'
  | 'tags.list'
  | `manifest.${'head' | 'get' | 'put' | 'delete'}`
  | `blob.${'head' | 'get' | 'delete' | 'mount'}`
  | `upload.${'post' | 'put' | 'patch' | 'get' | 'delete'}`
  | 'referrers.get'
  | 'other';

export interface LoggedRequest {
  readonly class: TrafficClass;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** 0 when there was no answer. */
  readonly status: number;
  /** Content of a blob that was read or written, as announced. */
  readonly blobBytes: number;
}

export type TrafficCounts = Readonly<Partial<Record<TrafficClass, number>>>;

const RESOURCE = /^\/v2\/(?<repository>.+)\/(?<kind>manifests|blobs\/uploads|blobs|referrers|tags)(?:\/(?<rest>.*))?$/;

/** The repository that a path is about, without host. */
export function repositoryIn(url: URL): string | undefined {
  return RESOURCE.exec(url.pathname)?.groups?.['repository'];
}

/** Classifies a request. */
export function classify(method: string, url: URL): TrafficClass {
  if (url.pathname === '/v2/' || url.pathname === '/v2') return 'ping';
  if (url.pathname === '/token') return 'token';
  const { kind, rest } = RESOURCE.exec(url.pathname)?.groups ?? {};
  const verb = method.toLowerCase();
  if (kind === 'tags' && rest === 'list') return 'tags.list';
  if (kind === 'referrers') return 'referrers.get';
  if (kind === 'manifests' && isOneOf(verb, ['head', 'get', 'put', 'delete'])) return `manifest.${verb}`;
  if (kind === 'blobs' && isOneOf(verb, ['head', 'get', 'delete'])) return `blob.${verb}`;
  if (kind !== 'blobs/uploads') return 'other';
  if (verb === 'post' && url.searchParams.has('mount')) return 'blob.mount';
  return isOneOf(verb, ['post', 'put', 'patch', 'get', 'delete']) ? `upload.${verb}` : 'other';
}

/** How many requests of each class a log has. */
export function countTraffic(log: readonly LoggedRequest[]): TrafficCounts {
  const counts: Partial<Record<TrafficClass, number>> = {};
  for (const request of log) counts[request.class] = (counts[request.class] ?? 0) + 1;
  return counts;
}

function isOneOf<T extends string>(text: string, allowed: readonly T[]): text is T {
  return (allowed as readonly string[]).includes(text);
}
