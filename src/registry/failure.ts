import type { ErrorCode } from '../errors.ts';
import { messageOf, PromoterError } from '../errors.ts';
import type { RegistryRequest, RegistryResponse } from './exchange.ts';
import { printable } from '../printable.ts';
import { retryAfterOf } from '../retry-after.ts';

const ADVICE: Partial<Record<ErrorCode, string>> = {
  RegistryUnauthorized:
    'Check the credentials for this host (docker login, a credential helper, or the configuration).',
  RegistryDenied: 'Ask for the right to do this there, or use other credentials.',
  RegistryNotFound: 'Check that the repository and the reference exist.',
  RegistryThrottled: 'It is tried again later; lower the request budget of this host if it happens often.',
  RegistryUnavailable: 'It is tried again; if it lasts, look at the registry and at the network in between.',
};

/** What to do about faults that no patience cures, by the code that Node gives them. */
const FAULT_ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /CERT|^UNABLE_TO_|ERR_TLS/,
    'Name the registry’s certificate authority in NODE_EXTRA_CA_CERTS, if you trust it, and start the program again.',
  ],
  [
    /WRONG_VERSION_NUMBER|EPROTO/,
    'If this registry speaks plain HTTP, it has to be named as such in the configuration.',
  ],
  [/ENOTFOUND/, 'Check the spelling of the host, and the name service of this machine.'],
];

/** The error for an answer that the caller has no other use for. */
export function failureOf(request: RegistryRequest, response: RegistryResponse): PromoterError {
  const code = codeOf(response.status);
  const retryAfterMs = retryAfterOf(response.headers, Date.now());
  return new PromoterError(code, describe(request, answerIn(response), ADVICE[code]), {
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** `answered <status>`, where from if not from the host itself, and the registry's own error. */
export function answerIn(response: RegistryResponse): string {
  const from = response.redirectedTo === undefined ? '' : ` (from ${response.redirectedTo.host})`;
  return `answered ${response.status}${from}${registryErrorOf(response.bytes)}`;
}

/** The error for a request that got no answer, or only part of one. */
export function faultOf(request: RegistryRequest, cause: unknown): PromoterError {
  const code = systemCodeOf(cause);
  const why = messageOf(cause);
  const failed = `failed: ${why}${code === '' || why.includes(code) ? '' : ` (${code})`}`;
  const advice = FAULT_ADVICE.find(([codes]) => codes.test(code))?.[1] ?? ADVICE.RegistryUnavailable;
  return new PromoterError('RegistryUnavailable', describe(request, failed, advice), { cause });
}

/** The error for an answer that makes no sense. */
export function nonsenseOf(request: RegistryRequest, what: string, cause?: unknown): PromoterError {
  const advice = 'This is not how an OCI registry answers; check the address and any proxy in between.';
  return new PromoterError('RegistryProtocol', describe(request, what, advice), { cause });
}

/** `could not <doing>: <method> <URL without query> <what happened>`, and what to do about it. */
export function describe(request: RegistryRequest, happened: string, advice?: string): string {
  const { origin, pathname } = request.url;
  const message = `could not ${request.doing}: ${request.method} ${origin}${pathname} ${happened}`;
  return advice === undefined ? message : `${message}. ${advice}`;
}

function codeOf(status: number): ErrorCode {
  if (status === 401) return 'RegistryUnauthorized';
  if (status === 403) return 'RegistryDenied';
  if (status === 404) return 'RegistryNotFound';
  if (status === 429) return 'RegistryThrottled';
  if (status === 408 || status >= 500) return 'RegistryUnavailable';
  if (status >= 400) return 'RegistryRefused';
  return 'RegistryProtocol';
}

/** The registry's own error, as the distribution specification 1.1 shapes it ("Error codes"), else the raw text. */
function registryErrorOf(bytes: Buffer): string {
  if (bytes.length === 0) return '';
  const text = bytes.toString('utf8');
  const first = firstErrorIn(text);
  if (first !== undefined) return printable(` ${textOf(first.code) || 'UNKNOWN'}: ${textOf(first.message)}`);
  return printable(` ${text.trim()}`);
}

function firstErrorIn(text: string): { readonly code?: unknown; readonly message?: unknown } | undefined {
  try {
    const first = (JSON.parse(text) as { errors?: unknown[] } | null)?.errors?.[0];
    return typeof first === 'object' && first !== null ? first : undefined;
  } catch {
    // Not JSON: proxies and gateways answer in their own words.
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function systemCodeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
