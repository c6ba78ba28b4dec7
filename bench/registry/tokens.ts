import { emptyReply, errorReply, jsonReply, type Call, type Reply } from './reply.ts';
import type { Route } from './route.ts';

const LIFETIME_SECONDS = 3600;
const PULLS = new Set(['tags.list', 'manifest.head', 'manifest.get', 'blob.head', 'blob.get', 'referrers.get']);

/** Hands out a token that says what it is good for. */
export function issueToken({ query }: Route): Reply {
  const scopes = query.getAll('scope').flatMap((scope) => scope.split(' '));
  const token = Buffer.from(JSON.stringify(scopes)).toString('base64url');
  return jsonReply(200, { token, expires_in: LIFETIME_SECONDS });
}

/** The challenge for a request whose token is not good for it; nothing when it is. */
export function challenge({ host, headers }: Call, route: Route): Reply | undefined {
  if (route.class === 'token') return undefined;
  const authorization = String(headers['authorization'] ?? '');
  const scopes = authorization.startsWith('Bearer ') ? scopesOf(authorization.slice('Bearer '.length)) : undefined;
  const action = PULLS.has(route.class) ? 'pull' : 'push';
  if (scopes !== undefined && (route.class === 'ping' || allows(scopes, route.repository, action))) return undefined;
  const scope = route.class === 'ping' ? '' : `,scope="repository:${route.repository}:${action}"`;
  const authenticate = `Bearer realm="http://${host}/v2/token",service="${host}"${scope}`;
  if (route.class === 'manifest.head' || route.class === 'blob.head') {
    return emptyReply(401, { 'www-authenticate': authenticate });
  }
  return errorReply(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': authenticate });
}

function allows(scopes: readonly string[], repository: string, action: string): boolean {
  return scopes.some((scope) => {
    const actions = scope.startsWith(`repository:${repository}:`) ? scope.slice(scope.lastIndexOf(':') + 1) : '';
    return actions.split(',').includes(action);
  });
}

function scopesOf(token: string): readonly string[] | undefined {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString()) as readonly string[];
  } catch {
    return undefined;
  }
}
