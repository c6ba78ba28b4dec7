import { createHash, createPublicKey, randomUUID, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AUDIENCE } from './fulcio.ts';
import { listenOnLoopback } from './loopback-listener.ts';
import type { Service } from './service.ts';

/** Whom a token names when the request does not say. */
export const DEFAULT_EMAIL = 'promoter@example.test';
const DEFAULT_LIFETIME_SECONDS = 600;
const ALGORITHM = 'RS256';

/** A running OpenID Connect issuer. */
export interface OidcIssuer extends Service {
  /** The `iss` of its tokens. */
  readonly url: string;
  /**
   * `GET` answers a fresh token as text, or as `{ "value": token }` when JSON is accepted, as GitHub's token endpoint
   * does. Query: `email`, `audience`, `lifetime` (seconds); each has a default.
   */
  readonly tokenUrl: string;
}

/** What a token says beyond who issued it. */
interface TokenRequest {
  readonly email: string;
  readonly audience: string;
  readonly lifetimeSeconds: number;
}

/**
 * Starts an issuer that gives anybody on this machine a token for any e-mail address, which is what a development stack
 * needs and nothing else may do.
 *
 * It serves what a relying party asks for: the discovery document (OpenID Connect Discovery 1.0, section 4), the key set
 * (RFC 7517) and tokens signed with RS256 (RFC 7518, section 3.3); a token with another algorithm is taken for the name of
 * a file by cosign.
 */
export async function startOidcIssuer(options: {
  /** 0 for any free one. */
  readonly port: number;
  readonly privateKey: KeyObject;
}): Promise<OidcIssuer> {
  const server = createServer();
  const listener = await listenOnLoopback(server, options.port);
  const url = `http://127.0.0.1:${listener.port}`;
  server.on('request', (request, response) => answer(request, response, url, options.privateKey));
  return { url, tokenUrl: tokenUrlOf(url), processes: [], stop: listener.stop };
}

/** Where an issuer gives out tokens. */
export function tokenUrlOf(issuer: string): string {
  return `${issuer}/token`;
}

function answer(request: IncomingMessage, response: ServerResponse, issuer: string, privateKey: KeyObject): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', issuer);
  switch (pathname) {
    case '/.well-known/openid-configuration':
      sendJson(response, discoveryDocument(issuer));
      return;
    case '/keys':
      sendJson(response, { keys: [publicJwk(privateKey)] });
      return;
    case '/token': {
      const tokenRequest = readTokenRequest(searchParams);
      if (tokenRequest === undefined) {
        response.writeHead(400).end('lifetime must be a whole number of seconds, 1 or more\n');
        return;
      }
      const token = issueToken(issuer, privateKey, tokenRequest);
      if (request.headers.accept?.includes('application/json') === true) {
        sendJson(response, { value: token });
      } else {
        response.writeHead(200, { 'content-type': 'text/plain' }).end(token);
      }
      return;
    }
    default:
      response.writeHead(404).end();
  }
}

function discoveryDocument(issuer: string): object {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: tokenUrlOf(issuer),
    jwks_uri: `${issuer}/keys`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [ALGORITHM],
    claims_supported: ['iss', 'sub', 'aud', 'iat', 'exp', 'email', 'email_verified'],
  };
}

function readTokenRequest(query: URLSearchParams): TokenRequest | undefined {
  const lifetimeSeconds = Number(query.get('lifetime') ?? DEFAULT_LIFETIME_SECONDS);
  if (!Number.isInteger(lifetimeSeconds) || lifetimeSeconds < 1) {
    return undefined;
  }
  return {
    email: query.get('email') ?? DEFAULT_EMAIL,
    audience: query.get('audience') ?? AUDIENCE,
    lifetimeSeconds,
  };
}

/** A JSON Web Token in compact form (RFC 7519), with the claims that Fulcio's `email` issuers need. */
function issueToken(issuer: string, privateKey: KeyObject, request: TokenRequest): string {
  const issuedAt = Math.floor(Date.now() / 1000);
  const header = { alg: ALGORITHM, typ: 'JWT', kid: publicJwk(privateKey).kid };
  const claims = {
    iss: issuer,
    sub: request.email,
    aud: request.audience,
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + request.lifetimeSeconds,
    jti: randomUUID(),
    email: request.email,
    email_verified: true,
  };
  const signed = `${base64Url(header)}.${base64Url(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), privateKey);
  return `${signed}.${signature.toString('base64url')}`;
}

function publicJwk(privateKey: KeyObject): Readonly<Record<string, unknown>> {
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
  const kid = createHash('sha256').update(JSON.stringify(jwk)).digest('base64url');
  return { ...jwk, use: 'sig', alg: ALGORITHM, kid };
}

function base64Url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
