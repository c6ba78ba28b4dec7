import type { Layer, RegistryRequest, RegistryResponse } from './exchange.ts';
import { headerOf } from './exchange.ts';
import { nonsenseOf } from './failure.ts';
import type { NetworkGuard } from './network-guard.ts';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MAX_HOPS = 5;

/**
 * Follows redirects of reads, as registries answer them that keep blobs in an object store. Once a redirect has left the
 * registry's origin, no credentials are sent any more, even if it comes back.
 *
 * @throws PromoterError `RegistryProtocol` for redirects that never end, or lead where the guard says no
 */
export function createRedirects(guard: NetworkGuard): Layer {
  return (next) =>
    async function redirect(request) {
      let response = await next(request);
      let current = request;
      for (let hops = 1; isRedirect(current, response); hops += 1) {
        if (hops > MAX_HOPS) throw nonsenseOf(request, `redirects more than ${MAX_HOPS} times`);
        const target = targetOf(current, response);
        const objection = await guard(request.url, target);
        if (objection !== undefined) throw nonsenseOf(request, `redirects to ${target.origin}, refused: ${objection}`);
        current = follow(request, current, target);
        response = await next(current);
        if (current.anonymous === true) response = { ...response, redirectedTo: target };
      }
      return response;
    };
}

function isRedirect(request: RegistryRequest, { status }: RegistryResponse): boolean {
  return REDIRECTS.has(status) && (request.method === 'GET' || request.method === 'HEAD');
}

function targetOf(request: RegistryRequest, response: RegistryResponse): URL {
  const location = headerOf(response, 'location');
  if (location === undefined || !URL.canParse(location, request.url.href)) {
    throw nonsenseOf(request, `answered ${response.status} without a usable Location`);
  }
  return new URL(location, request.url);
}

function follow(original: RegistryRequest, current: RegistryRequest, target: URL): RegistryRequest {
  if (target.origin === original.url.origin && current.anonymous !== true) return { ...current, url: target };
  const { authorization: _dropped, ...headers } = current.headers ?? {};
  return { ...current, url: target, host: target.host, headers, scopes: [], anonymous: true };
}
