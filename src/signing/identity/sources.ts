import { readFile } from 'node:fs/promises';
import { PromoterError } from '../../errors.ts';
import type { ServiceClient } from '../service.ts';
import { googleIdentity } from './google.ts';
import { AUDIENCE, cacheTokens, identityUnavailable } from './token.ts';
import type { CacheOptions, IdentityProvider } from './token.ts';

/** A place to get identity tokens from. */
export type IdentitySource =
  | { readonly kind: 'environment' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'github' }
  /** Any URL that answers a GET with a token, as text or as `{"token": …}`: the development stack's issuer. */
  | { readonly kind: 'url'; readonly url: string }
  /** Application default credentials; with an account, that account is impersonated (`--signer-account`). */
  | { readonly kind: 'google'; readonly signerAccount?: string };

export interface IdentityOptions extends CacheOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly service: ServiceClient;
}

/** The provider for a source, with its token kept until shortly before it expires. */
export function createIdentityProvider(source: IdentitySource, options: IdentityOptions): IdentityProvider {
  return cacheTokens(uncached(source, options), options);
}

/** The source that the environment offers, in cosign's order; none means that one must be configured. */
export function detectIdentitySource(
  environment: Readonly<Record<string, string | undefined>>,
): IdentitySource | undefined {
  if (present(environment['SIGSTORE_ID_TOKEN'])) return { kind: 'environment' };
  const file = environment['SIGSTORE_ID_TOKEN_FILE'];
  if (present(file)) return { kind: 'file', path: file };
  if (present(environment['ACTIONS_ID_TOKEN_REQUEST_URL'])) return { kind: 'github' };
  return undefined;
}

function uncached(source: IdentitySource, { environment, service }: IdentityOptions): IdentityProvider {
  switch (source.kind) {
    case 'environment':
      return { token: async () => required(environment, 'SIGSTORE_ID_TOKEN') };
    case 'file':
      return { token: () => readToken(source.path) };
    case 'github':
      return { token: () => githubToken(environment, service) };
    case 'url':
      return { token: () => tokenFrom(service, source.url, {}, 'asking the issuer for an identity token') };
    case 'google':
      return googleIdentity(source.signerAccount);
  }
}

/** Projected tokens are replaced in their file, so it is read each time. */
async function readToken(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw identityUnavailable(`reading the identity token from ${path}`, error);
  }
}

/** GitHub's documentation: "OpenID Connect", "Requesting the JWT using environment variables". */
async function githubToken(
  environment: Readonly<Record<string, string | undefined>>,
  service: ServiceClient,
): Promise<string> {
  const url = new URL(required(environment, 'ACTIONS_ID_TOKEN_REQUEST_URL'));
  url.searchParams.set('audience', AUDIENCE);
  const authorization = `Bearer ${required(environment, 'ACTIONS_ID_TOKEN_REQUEST_TOKEN')}`;
  return tokenFrom(service, url.href, { authorization }, 'asking GitHub Actions for an identity token');
}

async function tokenFrom(
  service: ServiceClient,
  url: string,
  headers: Readonly<Record<string, string>>,
  doing: string,
): Promise<string> {
  const { body } = await service({
    doing,
    url,
    method: 'GET',
    headers: { accept: 'application/json', ...headers },
    codes: { unavailable: 'IdentityUnavailable', refused: 'IdentityUnavailable' },
  });
  const text = body.toString('utf8').trim();
  if (!text.startsWith('{')) return text;
  try {
    const { value, token, id_token: idToken } = JSON.parse(text) as Record<string, unknown>;
    const found = value ?? token ?? idToken;
    if (typeof found === 'string') return found;
  } catch {
    // The parser's message quotes the text, which may hold the token.
  }
  throw new PromoterError('IdentityUnavailable', `${doing}: the answer of ${new URL(url).host} holds no token`);
}

function required(environment: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = environment[name];
  if (present(value)) return value.trim();
  throw new PromoterError('IdentityUnavailable', `the environment variable ${name} is not set`);
}

function present(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== '';
}
