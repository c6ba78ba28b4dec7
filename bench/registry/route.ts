/** What a request is for: the unit in which traffic is counted. */
export type RouteClass =
  | 'ping'
  | 'token'
  | 'catalog'
  | 'tags.list'
  | 'manifest.head'
  | 'manifest.get'
  | 'manifest.put'
  | 'manifest.delete'
  | 'blob.head'
  | 'blob.get'
  | 'blob.delete'
  | 'blob.mount'
  | 'upload.post'
  | 'upload.patch'
  | 'upload.put'
  | 'upload.get'
  | 'upload.delete'
  | 'referrers.get'
  | 'other';

/** A request line, taken apart (distribution specification 1.1, "Endpoints"). */
export interface Route {
  readonly class: RouteClass;
  readonly repository: string;
  /** A tag, a digest or an upload's number. */
  readonly reference: string;
  readonly query: URLSearchParams;
}

const NO_QUERY = new URLSearchParams();

/** Takes a request line apart; what is none of the API's is `other`. */
export function routeOf(method: string, target: string): Route {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? NO_QUERY : new URLSearchParams(target.slice(mark + 1));
  const route = (name: RouteClass, repository = '', reference = ''): Route => ({
    class: name,
    repository,
    reference,
    query,
  });
  if (path === '/v2/' || path === '/v2') return route('ping');
  if (path === '/v2/token') return route('token');
  if (path === '/v2/_catalog') return route('catalog');
  if (!path.startsWith('/v2/')) return route('other');
  if (path.endsWith('/tags/list')) return route('tags.list', path.slice(4, -'/tags/list'.length));
  const slash = path.lastIndexOf('/');
  const reference = decodeURIComponent(path.slice(slash + 1));
  const parent = path.slice(4, slash);
  if (parent.endsWith('/manifests')) return manifestRoute(route, method, parent.slice(0, -10), reference);
  if (parent.endsWith('/blobs/uploads')) return uploadRoute(route, method, parent.slice(0, -14), reference, query);
  if (parent.endsWith('/blobs')) return blobRoute(route, method, parent.slice(0, -6), reference);
  if (parent.endsWith('/referrers')) return route('referrers.get', parent.slice(0, -10), reference);
  return route('other');
}

type MakeRoute = (name: RouteClass, repository: string, reference: string) => Route;

function manifestRoute(route: MakeRoute, method: string, repository: string, reference: string): Route {
  const names = { HEAD: 'manifest.head', GET: 'manifest.get', PUT: 'manifest.put', DELETE: 'manifest.delete' } as const;
  return route(names[method as keyof typeof names] ?? 'other', repository, reference);
}

function blobRoute(route: MakeRoute, method: string, repository: string, reference: string): Route {
  if (reference === 'uploads' && method === 'POST') return route('upload.post', repository, '');
  const names = { HEAD: 'blob.head', GET: 'blob.get', DELETE: 'blob.delete' } as const;
  return route(names[method as keyof typeof names] ?? 'other', repository, reference);
}

function uploadRoute(
  route: MakeRoute,
  method: string,
  repository: string,
  reference: string,
  query: URLSearchParams,
): Route {
  if (method === 'POST') return route(query.has('mount') ? 'blob.mount' : 'upload.post', repository, '');
  const names = { PATCH: 'upload.patch', PUT: 'upload.put', GET: 'upload.get', DELETE: 'upload.delete' } as const;
  return route(names[method as keyof typeof names] ?? 'other', repository, reference);
}
