import type { RepositoryName } from '../reference.ts';
import type { Caller, Exchange, Operation } from './call.ts';
import { call } from './call.ts';
import { headerOf } from './exchange.ts';
import { nonsenseOf } from './failure.ts';
import { nextPage } from './link.ts';
import type { CallOptions } from './registry.ts';

/** Far beyond any repository; a registry that gives more pages is broken, or means harm. */
const MAX_PAGES = 10_000;

/**
 * Reads an answer and those that its `Link` headers lead to, one at a time (distribution specification 1.1, "Listing
 * Tags" and "Listing Referrers").
 *
 * @throws PromoterError `RegistryProtocol` for pages that come back to a page already seen, never end, or lead elsewhere
 */
export async function* pagesOf(
  caller: Caller,
  repository: RepositoryName,
  operation: Operation,
  options: CallOptions | undefined,
): AsyncGenerator<Exchange> {
  yield* pagesFrom(caller, await call(caller, repository, operation, options));
}

/** The same for an answer that was had already, of any address. */
export async function* pagesFrom(caller: Caller, first: Exchange): AsyncGenerator<Exchange> {
  let exchange = first;
  const seen = new Set([exchange.request.url.href]);
  for (;;) {
    yield exchange;
    const { request, response } = exchange;
    const next = nextPage(headerOf(response, 'link'), request.url);
    if (next === undefined) return;
    if (next === 'elsewhere') throw nonsenseOf(request, 'continues its list on another host');
    if (seen.has(next.href) || seen.size === MAX_PAGES) throw nonsenseOf(request, 'lists without end');
    seen.add(next.href);
    const following = { ...request, url: next };
    exchange = { request: following, response: await caller.send(following) };
  }
}
