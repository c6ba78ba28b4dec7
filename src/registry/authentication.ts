import { PromoterError } from '../errors.ts';
import type { Challenge } from './challenge.ts';
import { bestChallenge } from './challenge.ts';
import { unlessAborted } from './clock.ts';
import type { Credentials, CredentialsProvider } from './credentials.ts';
import { basicAuthorization } from './credentials.ts';
import type { Layer, RegistryRequest, RegistryResponse, Send } from './exchange.ts';
import { headerOf } from './exchange.ts';
import { nonsenseOf } from './failure.ts';
import type { NetworkGuard } from './network-guard.ts';
import type { Token } from './token-cache.ts';
import { requestToken } from './token-request.ts';
import { TokenSource } from './token-source.ts';

export interface AuthenticationOptions {
  readonly credentials: CredentialsProvider;
  readonly guard: NetworkGuard;
  readonly now: () => number;
}

export interface Authentication {
  readonly layer: Layer;
  /** Tells that these scopes of a host will be needed, so that fewer token requests cover them. */
  expect(host: string, scopes: readonly string[]): void;
}

/** How a host wants to be spoken to, as its answers have shown. */
type Scheme =
  | { readonly kind: 'open' }
  /** The credentials behind it have to be asked for anew after `freshUntil`; absent: they last. */
  | { readonly kind: 'fixed'; readonly authorization: string; readonly freshUntil?: number | undefined }
  | { readonly kind: 'bearer'; readonly server: string; readonly tokens: TokenSource };

interface HostState {
  scheme: Scheme | undefined;
  /** The first request to the host, from which the others wait to learn the scheme. */
  learning: Promise<void> | undefined;
  readonly expected: Set<string>;
}

/**
 * Authenticates requests: finds out by a host's first answer what it wants, and after that sends it unasked. A 401 is
 * answered once, with a new token. Credentials go to the host they belong to and to the token server it names, never to
 * where a redirect or an upload leads.
 */
export function createAuthentication(options: AuthenticationOptions): Authentication {
  const hosts = new Map<string, HostState>();
  function stateOf(host: string): HostState {
    const state = hosts.get(host) ?? { scheme: undefined, learning: undefined, expected: new Set() };
    hosts.set(host, state);
    return state;
  }
  return {
    expect(host, scopes) {
      const { scheme, expected } = stateOf(host);
      if (scheme?.kind === 'bearer') scheme.tokens.expect(scopes);
      else for (const scope of scopes) expected.add(scope);
    },
    layer: (next) =>
      async function authentication(request) {
        if (request.anonymous === true) return next(request);
        const state = stateOf(request.host);
        if (state.scheme === undefined && state.learning !== undefined) {
          await unlessAborted(state.learning, request.signal);
        }
        if (state.scheme !== undefined) return send(state, request, next);
        const first = send(state, request, next);
        state.learning = settled(first);
        return first;
      },
  };

  async function send(state: HostState, request: RegistryRequest, next: Send): Promise<RegistryResponse> {
    state.scheme ??= await initialScheme(request.host);
    await refresh(state, request.host);
    const { scheme } = state;
    const token = scheme?.kind === 'bearer' ? await tokenFrom(scheme.tokens, request) : undefined;
    const response = await next(authorized(request, authorizationOf(scheme, token)));
    if (response.status !== 401 || response.redirectedTo !== undefined) {
      state.scheme ??= { kind: 'open' };
      return response;
    }
    const challenge = bestChallenge(headerOf(response, 'www-authenticate') ?? '');
    if (challenge === undefined) return response;
    if (challenge.scheme === 'basic') return answerBasic(state, request, response, next);
    return answerBearer(state, request, challenge, token, next);
  }

  /** A token that was configured for the registry itself is sent without being asked for. */
  async function initialScheme(host: string): Promise<Scheme | undefined> {
    const credentials = await options.credentials(host);
    if (credentials?.kind !== 'registryToken') return undefined;
    return { kind: 'fixed', authorization: `Bearer ${credentials.token}` };
  }

  /** Passwords of clouds end after some hours: they are replaced before the registry has to refuse them. */
  async function refresh(state: HostState, host: string): Promise<void> {
    const { scheme } = state;
    if (scheme?.kind !== 'fixed' || scheme.freshUntil === undefined || scheme.freshUntil > options.now()) return;
    const credentials = await options.credentials(host);
    if (credentials?.kind === 'password') state.scheme = basicScheme(credentials);
  }

  async function answerBasic(
    state: HostState,
    request: RegistryRequest,
    refusal: RegistryResponse,
    next: Send,
  ): Promise<RegistryResponse> {
    const used = state.scheme?.kind === 'fixed' ? state.scheme.authorization : undefined;
    const credentials = await options.credentials(request.host, { renew: used !== undefined });
    if (credentials?.kind !== 'password') return refusal;
    const scheme = basicScheme(credentials);
    if (scheme.authorization === used) return refusal;
    state.scheme = scheme;
    return next(authorized(request, scheme.authorization));
  }

  async function answerBearer(
    state: HostState,
    request: RegistryRequest,
    challenge: Challenge,
    refused: Token | undefined,
    next: Send,
  ): Promise<RegistryResponse> {
    const tokens = await tokensOf(state, request, challenge, next);
    const { scopes, signal } = request;
    const token = await (refused === undefined
      ? tokenFrom(tokens, request)
      : unlessAborted(tokens.renew(scopes, refused.value), signal));
    const response = await next(authorized(request, `Bearer ${token.value}`));
    if (response.status !== 401 && refused !== undefined && refused.scopes.length > scopes.length) tokens.stopUnions();
    return response;
  }

  async function tokensOf(
    state: HostState,
    request: RegistryRequest,
    { parameters }: Challenge,
    next: Send,
  ): Promise<TokenSource> {
    const { realm = '', service } = parameters;
    const server = `${realm} ${service ?? ''}`;
    if (state.scheme?.kind === 'bearer' && state.scheme.server === server) return state.scheme.tokens;
    if (!URL.canParse(realm)) throw nonsenseOf(request, 'names no usable token server');
    const url = new URL(realm);
    const objection = await options.guard(request.url, url);
    if (objection !== undefined) throw nonsenseOf(request, `names ${url.origin} as its token server: ${objection}`);
    const tokenServer = { registryHost: request.host, realm: url, service };
    const tokens = new TokenSource(
      (scopes) => withRenewal(request.host, (found) => requestToken(next, tokenServer, scopes, found, options.now)),
      options.now,
    );
    tokens.expect([...state.expected]);
    state.expected.clear();
    state.scheme = { kind: 'bearer', server, tokens };
    return tokens;
  }

  /** Credentials may have been renewed since they were read; a refusal is taken for final only from the latest. */
  async function withRenewal(
    host: string,
    ask: (credentials: Credentials | undefined) => Promise<Token>,
  ): Promise<Token> {
    const known = await options.credentials(host);
    try {
      return await ask(known);
    } catch (error) {
      if (!(error instanceof PromoterError) || error.code !== 'RegistryUnauthorized') throw error;
      const renewed = await options.credentials(host, { renew: true });
      if (renewed === undefined || JSON.stringify(renewed) === JSON.stringify(known)) throw error;
      return ask(renewed);
    }
  }
}

function basicScheme({ username, password, freshUntil }: Credentials & { readonly kind: 'password' }) {
  return { kind: 'fixed', authorization: basicAuthorization(username, password), freshUntil } as const;
}

function settled(promise: Promise<unknown>): Promise<void> {
  return promise.then(
    () => undefined,
    () => undefined,
  );
}

function tokenFrom(tokens: TokenSource, { scopes, signal }: RegistryRequest): Token | Promise<Token> {
  const token = tokens.tokenFor(scopes);
  return token instanceof Promise ? unlessAborted(token, signal) : token;
}

function authorizationOf(scheme: Scheme | undefined, token: Token | undefined): string | undefined {
  if (token !== undefined) return `Bearer ${token.value}`;
  return scheme?.kind === 'fixed' ? scheme.authorization : undefined;
}

function authorized(request: RegistryRequest, authorization: string | undefined): RegistryRequest {
  return authorization === undefined ? request : { ...request, headers: { ...request.headers, authorization } };
}
