import type { RepositoryName } from '../reference.ts';
import type { Caller, Exchange, Operation } from './call.ts';
import { call } from './call.ts';
import { headerOf } from './exchange.ts';
import { nonsenseOf } from './failure.ts';
import { nextPage } from './link.ts';
import type { CallOptions } from './registry.ts';

/** How much a list may be before its registry is taken for broken, or for one that means harm. */
export interface ListLimits {
  readonly pages: number;
  /** Of all pages together. */
  readonly bytes: number;
}

/** Far beyond any repository: one with 100,000 digests has some 30 MB by Google's extension, the wordiest there is. */
const LIST_LIMITS: ListLimits = { pages: 10_000, bytes: 256 * 1024 * 1024 };

/**
 * Reads an answer and those that its `Link` headers lead to, one at a time (distribution specification 1.1, "Listing
 * Tags" and "Listing Referrers").
 *
 * @throws PromoterError `RegistryProtocol` for pages that come back to a page already seen, never end, are too large
 *   together, or lead elsewhere
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
export async function* pagesFrom(
  caller: Pick<Caller, 'send'>,
  first: Exchange,
  limits: ListLimits = LIST_LIMITS,
): AsyncGenerator<Exchange> {
  let exchange = first;
  let bytes = 0;
  const seen = new Set([exchange.request.url.href]);
  for (;;) {
    const { request, response } = exchange;
    bytes += response.bytes.length;
    if (bytes > limits.bytes) throw nonsenseOf(request, `lists more than ${limits.bytes} bytes`);
    yield exchange;
    const next = nextPage(headerOf(response, 'link'), request.url);
    if (next === undefined) return;
    if (next === 'elsewhere') throw nonsenseOf(request, 'continues its list on another host');
    if (seen.has(next.href) || seen.size === limits.pages) throw nonsenseOf(request, 'lists without end');
    seen.add(next.href);
    const following = { ...request, url: next };
    exchange = { request: following, response: await caller.send(following) };
  }
}
