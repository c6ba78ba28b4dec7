import { messageOf, PromoterError } from '../errors.ts';
import { parseRetryAfter } from '../retry-after.ts';

const TIMEOUT_MS = 30_000;
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Posts JSON to an address that may be a secret: messages name its host and nothing else of it, and no redirect is
 * followed, so that what is sent reaches only who was meant.
 *
 * @throws PromoterError `NotificationFailed` when another attempt may help, `NotificationRefused` when it cannot,
 *   `ConfigInvalid` for an address that is none, or would send without TLS over a network
 */
export async function postJson(
  address: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const url = secureUrl(address);
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
  } catch (error) {
    throw new PromoterError('NotificationFailed', `${url.host} could not be reached: ${reasonOf(error)}`);
  }
  if (!response.ok) throw refusal(url.host, response.status, response.headers.get('retry-after'));
}

/** What an answer that is no success means. */
export function refusal(host: string, status: number, retryAfter?: string | null): PromoterError {
  const again = status === 408 || status === 429 || status >= 500;
  if (!again) {
    const message = `${host} answered ${status}: check the target's address and secret`;
    return new PromoterError('NotificationRefused', message);
  }
  const askedMs = parseRetryAfter(retryAfter ?? '', Date.now());
  const wait = askedMs === undefined || askedMs === 0 ? {} : { retryAfterMs: askedMs };
  return new PromoterError('NotificationFailed', `${host} answered ${status}`, wait);
}

/** An address that secrets may be sent to. @throws PromoterError `ConfigInvalid` */
export function secureUrl(address: string): URL {
  const url = URL.parse(address);
  // What was read may be a secret though it is no address, so it is not quoted.
  if (url === null) throw new PromoterError('ConfigInvalid', 'the target’s address is none');
  if (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname))) return url;
  throw new PromoterError('ConfigInvalid', `${url.host}: the address has to begin with https://`);
}

/** fetch hides what happened in the cause; its own message may have the whole address. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = (cause as { readonly code?: unknown } | undefined)?.code;
  if (typeof code === 'string') return code;
  return error instanceof DOMException ? messageOf(error) : 'the request failed';
}
