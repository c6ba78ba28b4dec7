import { PromoterError } from '../errors.ts';
import { jsonOf } from './call.ts';
import type { Credentials } from './credentials.ts';
import { basicAuthorization } from './credentials.ts';
import type { RegistryRequest, Send } from './exchange.ts';
import { failureOf, nonsenseOf } from './failure.ts';
import type { Token } from './token-cache.ts';

/** What a registry says about where its tokens come from. */
export interface TokenServer {
  readonly registryHost: string;
  readonly realm: URL;
  readonly service: string | undefined;
}

/** A token that does not say how long it lives, lives so long (distribution's token specification). */
const DEFAULT_LIFE_SECONDS = 60;
/** Tokens are let go this long before they end, so that none ends on the way. */
const MARGIN_MS = 10_000;
const MARGIN_SHARE = 0.2;
const MAX_TOKEN_ANSWER_BYTES = 1024 * 1024;
const CLIENT_ID = 'image-promoter';

/**
 * Gets a token: by GET with user name and password, or anonymously (distribution's "Token Authentication
 * Specification"), or by POST with an identity token ("OAuth2 Token Authentication").
 *
 * @throws PromoterError `RegistryUnauthorized` or `RegistryDenied` when the server refuses, `RegistryProtocol` when its
 *   answer holds no token
 */
export async function requestToken(
  send: Send,
  server: TokenServer,
  scopes: readonly string[],
  credentials: Credentials | undefined,
  now: () => number,
): Promise<Token> {
  const sentAt = now();
  const request = tokenRequest(server, scopes, credentials);
  const response = await send(request);
  if (response.status !== 200) throw failureOf(request, response);
  const answer = jsonOf(response) as
    { token?: unknown; access_token?: unknown; expires_in?: unknown } | null | undefined;
  const value = [answer?.token, answer?.access_token].find((token) => typeof token === 'string' && token !== '');
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) throw nonsenseOf(request, 'answered without a token');
  const seconds = typeof answer?.expires_in === 'number' ? answer.expires_in : 0;
  const lifeMs = (seconds > 0 ? seconds : DEFAULT_LIFE_SECONDS) * 1000;
  return { value, scopes, expiresAt: sentAt + lifeMs - Math.min(MARGIN_MS, lifeMs * MARGIN_SHARE) };
}

function tokenRequest(
  { registryHost, realm, service }: TokenServer,
  scopes: readonly string[],
  credentials: Credentials | undefined,
): RegistryRequest {
  const common = {
    class: 'token',
    host: realm.host,
    doing: `get a token for ${registryHost}`,
    scopes: [],
    anonymous: true,
    repeatable: true,
    maxBytes: MAX_TOKEN_ANSWER_BYTES,
  } as const;
  if (credentials?.kind === 'identityToken') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: CLIENT_ID,
      refresh_token: credentials.token,
      scope: scopes.join(' '),
      ...(service !== undefined && { service }),
    });
    const body = Buffer.from(form.toString());
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const { token: secret } = credentials;
    return { ...common, method: 'POST', url: realm, headers, secret, body: () => body, bodySize: body.length };
  }
  if (credentials?.kind === 'registryToken') {
    throw new PromoterError(
      'RegistryUnauthorized',
      `could not get a token for ${registryHost}: the configured token was refused, and it cannot be renewed. Log in again.`,
    );
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  const headers = credentials && { authorization: basicAuthorization(credentials.username, credentials.password) };
  return { ...common, method: 'GET', url, ...(headers && { headers }) };
}
