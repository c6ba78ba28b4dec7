import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import type { Dispatcher } from 'undici';
import { withoutSecretsOf } from '../concealed.ts';
import { PromoterError, messageOf } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { printable } from '../printable.ts';
import { retryAfterOf } from '../retry-after.ts';

/** One call to Fulcio, a log, a timestamp authority, a key service or an identity provider. */
export interface ServiceCall {
  /** What was being done, for the message: `asking Fulcio for a certificate`. */
  readonly doing: string;
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** What of the body the service must not be quoted with; what is in `authorization` is never quoted. */
  readonly secret?: string;
  /** Statuses beside 2xx that the caller deals with. */
  readonly accept?: readonly number[];
  /** Milliseconds until one attempt is given up; 20 seconds unless given. */
  readonly timeoutMs?: number;
  /** What the error is called when a retry may help, and when not; `Signing*` unless given. */
  readonly codes?: { readonly unavailable: ErrorCode; readonly refused: ErrorCode };
}

export interface ServiceAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/**
 * Makes one call and answers with its response.
 *
 * @throws PromoterError `SigningUnavailable` after the last attempt on a network error, 408, 429 or 5xx, with the wait
 * that was asked for; `SigningRefused` on any other status. Neither ever quotes what was sent.
 */
export type ServiceClient = (call: ServiceCall) => Promise<ServiceAnswer>;

export interface ServiceOptions {
  /** Tries for each call; 4 unless given. */
  readonly attempts?: number;
  /** First wait between two tries, doubled each time; 250 ms unless given. */
  readonly firstWaitMs?: number;
  /** Hosts, with their port, that may be spoken to without TLS; loopback always may. */
  readonly plainHttpHosts?: readonly string[];
  /** A longer wait than this is the caller's affair; 10 seconds unless given. */
  readonly longestWaitMs?: number;
  readonly dispatcher?: Dispatcher;
}

const DEFAULT_TIMEOUT_MS = 20_000;
const LARGEST_ANSWER = 8 * 1024 * 1024;
const LONGEST_ERROR = 4096;
const SIGNING_CODES = { unavailable: 'SigningUnavailable', refused: 'SigningRefused' } as const;

/** A client that retries what may pass, and lets every call to a host wait when one of them was told to. */
export function createServiceClient(options: ServiceOptions = {}): ServiceClient {
  const { attempts = 4, firstWaitMs = 250, longestWaitMs = 10_000, plainHttpHosts = [] } = options;
  const closedUntil = new Map<string, number>();

  return async function callService(call) {
    const host = safeHost(call, plainHttpHosts);
    for (let attempt = 1; ; attempt += 1) {
      const pause = (closedUntil.get(host) ?? 0) - Date.now();
      if (pause > longestWaitMs) throw unavailable(call, 'is still asking for patience', pause);
      if (pause > 0) await delay(pause);

      const tried = await attemptCall(call, options.dispatcher);
      if ('answer' in tried) return tried.answer;
      if (tried.askedMs !== undefined) closedUntil.set(host, Date.now() + tried.askedMs);
      const wait = tried.askedMs ?? jittered(firstWaitMs * 2 ** (attempt - 1));
      if (attempt >= attempts || wait > longestWaitMs) {
        throw unavailable(call, `${tried.why} (attempt ${attempt})`, tried.askedMs, tried.cause);
      }
      if (tried.askedMs === undefined) await delay(wait);
    }
  };
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** @throws PromoterError `ConfigInvalid` when a token or a payload would go over the network in the clear */
function safeHost(call: ServiceCall, plainHttpHosts: readonly string[]): string {
  const { protocol, hostname, host } = new URL(call.url);
  if (protocol === 'https:' || LOOPBACK.test(hostname) || plainHttpHosts.includes(host)) return host;
  throw new PromoterError('ConfigInvalid', `${call.doing}: ${host} is not to be spoken to without TLS; use https`);
}

type Attempt =
  | { readonly answer: ServiceAnswer }
  | { readonly why: string; readonly askedMs: number | undefined; readonly cause?: unknown };

async function attemptCall(call: ServiceCall, dispatcher: Dispatcher | undefined): Promise<Attempt> {
  let answer: ServiceAnswer;
  try {
    answer = await send(call, dispatcher);
  } catch (error) {
    if (error instanceof PromoterError) throw error;
    return { why: `failed: ${networkFailure(error)}`, askedMs: undefined, cause: error };
  }
  const { status } = answer;
  if ((status >= 200 && status < 300) || call.accept?.includes(status) === true) return { answer };
  const why = `answered ${status} ${reasonIn(withoutSecretsOf(call, firstText(answer.body)))}`.trimEnd();
  if (status === 408 || status === 429 || status >= 500) {
    return { why, askedMs: retryAfterOf(answer.headers, Date.now()) };
  }
  throw new PromoterError((call.codes ?? SIGNING_CODES).refused, `${describe(call)} ${why}`);
}

async function send(call: ServiceCall, dispatcher: Dispatcher | undefined): Promise<ServiceAnswer> {
  const response = await request(call.url, {
    method: call.method ?? 'POST',
    headers: { ...call.headers },
    body: call.body ?? null,
    signal: AbortSignal.timeout(call.timeoutMs ?? DEFAULT_TIMEOUT_MS),
    ...(dispatcher === undefined ? {} : { dispatcher }),
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_ANSWER) {
      throw new PromoterError('SigningRefused', `${describe(call)} answered with more than ${LARGEST_ANSWER} bytes`);
    }
    chunks.push(chunk);
  }
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

function describe(call: ServiceCall): string {
  const url = new URL(call.url);
  // The query may hold a credential (GitHub's request URL does), so it is left out.
  return `${call.doing}: ${call.method ?? 'POST'} ${url.host}${url.pathname}`;
}

function unavailable(call: ServiceCall, why: string, askedMs?: number, cause?: unknown): PromoterError {
  const code = (call.codes ?? SIGNING_CODES).unavailable;
  return new PromoterError(code, `${describe(call)} ${why}; try again later or look at that service`, {
    ...(askedMs === undefined ? {} : { retryAfterMs: askedMs }),
    ...(cause === undefined ? {} : { cause }),
  });
}

function firstText(body: Buffer): string {
  return body.subarray(0, LONGEST_ERROR).toString('utf8');
}

/** What the services put into an error: `{"message"}` of Fulcio, Rekor and gRPC gateways, or plain text. */
function reasonIn(text: string): string {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) {
      const { message, error_description: description } = parsed as Record<string, unknown>;
      const reason = message ?? description;
      if (typeof reason === 'string') return `(${printable(reason)})`;
    }
  } catch {
    // Not JSON: the text itself is the reason.
  }
  const line = text.split('\n', 1)[0]?.trim() ?? '';
  return line === '' ? '' : `(${printable(line)})`;
}

function networkFailure(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? `${code}, ${messageOf(error)}` : messageOf(error);
}

function jittered(ms: number): number {
  return ms * (0.75 + Math.random() / 2);
}
