import { createAuthentication } from '../../src/registry/authentication.ts';
import type { Credentials, CredentialsProvider } from '../../src/registry/credentials.ts';
import type { RegistryRequest, RegistryResponse, Send } from '../../src/registry/exchange.ts';
import { createNetworkGuard } from '../../src/registry/network-guard.ts';
import { aRequest, aResponse } from './requests.ts';

export const CHALLENGE = { 'www-authenticate': 'Bearer realm="https://auth.example/token",service="registry.example"' };
export const PASSWORD: Credentials = { kind: 'password', username: 'user', password: 'secret' };
export const BASIC = `Basic ${Buffer.from('user:secret').toString('base64')}`;

/** A registry behind our authentication, and what went over the network. */
export interface World {
  readonly send: Send;
  readonly seen: RegistryRequest[];
  readonly expect: (host: string, scopes: readonly string[]) => void;
}

/** A registry that wants what `accepts` says, with a token server. */
export function worldWith(
  accepts: (authorization: string | undefined, request: RegistryRequest) => boolean,
  options: {
    readonly credentials?: CredentialsProvider;
    readonly challenge?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>);
    readonly issue?: (request: RegistryRequest) => RegistryResponse;
    readonly now?: () => number;
  } = {},
): World {
  const seen: RegistryRequest[] = [];
  const issue =
    options.issue ??
    (({ url }) => aResponse(200, {}, JSON.stringify({ token: url.searchParams.getAll('scope').join('+') || 'bare' })));
  const network: Send = (request) => {
    seen.push(request);
    if (request.class === 'token') return Promise.resolve(issue(request));
    const ok = accepts(request.headers?.['authorization'], request);
    const { challenge = CHALLENGE } = options;
    const headers = typeof challenge === 'function' ? challenge() : challenge;
    return Promise.resolve(ok ? aResponse(200) : aResponse(401, headers));
  };
  const authentication = createAuthentication({
    credentials: options.credentials ?? (() => Promise.resolve(undefined)),
    guard: createNetworkGuard(() => Promise.resolve(['198.51.100.1'])),
    now: options.now ?? (() => 0),
  });
  return { seen, send: authentication.layer(network), expect: (...call) => authentication.expect(...call) };
}

/** A request that reads a manifest of a repository. */
export function reading(repository: string, overrides: Partial<RegistryRequest> = {}): RegistryRequest {
  return aRequest({ scopes: [`repository:${repository}:pull`], ...overrides });
}

/** What was asked for, in turn. */
export function classes({ seen }: World): string[] {
  return seen.map((request) => request.class);
}
