import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { repositoryIn } from './registry-proxy-traffic.ts';

export interface TokenOptions {
  /** With both, only who knows them gets tokens. */
  readonly username?: string;
  readonly password?: string;
  /** Gets tokens that allow nothing but to pull. */
  readonly reader?: { readonly username: string; readonly password: string };
  readonly lifetimeSeconds?: number;
}

/** A token server and the check of its tokens (distribution's "Token Authentication Specification"). */
export interface TokenGate {
  /** Answers a request to `/token`. */
  issue(request: IncomingMessage, url: URL, response: ServerResponse): number;
  /** What to put into `WWW-Authenticate`, unless the request carries a token that allows it. */
  challenge(request: IncomingMessage, url: URL, realm: string): string | undefined;
}

interface Grant {
  readonly scopes: ReadonlySet<string>;
  readonly expires: number;
}

/** Makes one that has issued nothing. */
export function createTokenGate(options: TokenOptions): TokenGate {
  const { username, password, reader, lifetimeSeconds = 300 } = options;
  const grants = new Map<string, Grant>();
  const basic = basicOf(username, password);

  return {
    issue(request, url, response) {
      const { authorization } = request.headers;
      const isReader = reader !== undefined && authorization === basicOf(reader.username, reader.password);
      const refused = username !== undefined && authorization !== basic && !isReader;
      // Docker's clients try OAuth2 by POST first and take 404 or 405 for "use GET".
      const status = request.method !== 'GET' ? 405 : refused ? 401 : 200;
      if (status !== 200) {
        response.writeHead(status).end();
        return status;
      }
      const token = randomUUID();
      const asked = url.searchParams.getAll('scope').flatMap((scope) => scope.split(' ').flatMap(singleScopes));
      const scopes = isReader ? asked.filter((scope) => scope.endsWith(':pull')) : asked;
      grants.set(token, { scopes: new Set(scopes), expires: Date.now() + lifetimeSeconds * 1000 });
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ token, access_token: token, expires_in: lifetimeSeconds }));
      return status;
    },
    challenge(request, url, realm) {
      const needed = scopesFor(request.method ?? 'GET', url);
      const grant = grants.get((request.headers.authorization ?? '').replace(/^Bearer /i, ''));
      const isValid = grant !== undefined && grant.expires > Date.now();
      const allowed = isValid && needed.flatMap(singleScopes).every((scope) => grant.scopes.has(scope));
      if (allowed) return undefined;
      const scope = needed.length === 0 ? '' : `,scope="${needed.join(' ')}"`;
      return `Bearer realm="${realm}",service="registry-proxy"${scope}`;
    },
  };
}

function basicOf(username = '', password = ''): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function scopesFor(method: string, url: URL): readonly string[] {
  const repository = repositoryIn(url);
  if (repository === undefined) return [];
  const isRead = method === 'GET' || method === 'HEAD';
  const actions = isRead ? 'pull' : method === 'DELETE' && !url.pathname.includes('/uploads/') ? 'delete' : 'pull,push';
  const from = url.searchParams.get('from');
  return [`repository:${repository}:${actions}`, ...(from === null ? [] : [`repository:${from}:pull`])];
}

/** `repository:a:pull,push` is two. */
function singleScopes(scope: string): readonly string[] {
  const last = scope.lastIndexOf(':');
  return scope
    .slice(last + 1)
    .split(',')
    .map((action) => `${scope.slice(0, last)}:${action}`);
}
