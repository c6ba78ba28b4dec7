/** What stands where a secret was. */
const HIDDEN = '[hidden]';
/** Shorter ones would be found in any text; nobody who chooses them keeps them secret. */
const SHORTEST = 4;

/**
 * Text from outside without secrets that it repeats. Some servers, and many proxies before them, show in an error what they
 * were sent, and our messages quote errors.
 *
 * @param secrets as they were sent; found also as JSON and URLs write them
 */
export function concealed(text: string, secrets: readonly string[]): string {
  const ways = secrets.filter(({ length }) => length >= SHORTEST).flatMap(waysToWrite);
  // The longest first: one may be part of another.
  return ways.toSorted((a, b) => b.length - a.length).reduce((left, way) => left.replaceAll(way, HIDDEN), text);
}

function waysToWrite(secret: string): readonly string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
}

/** What was sent, as far as it is secret. */
interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the body. */
  readonly secret?: string;
}

/** An answer without the secrets of its request. */
export function withoutSecretsOf({ headers, secret = '' }: Sent, answer: string): string {
  return concealed(answer, [...secretsInAuthorization(headers?.['authorization']), secret]);
}

/**
 * What is secret in a header `Authorization`: what comes after the scheme and, of `Basic` (RFC 7617), the password within.
 * Empty where there is none.
 */
export function secretsInAuthorization(authorization: string | undefined): readonly string[] {
  const [, scheme, value] = /^(\S+)\s+(\S+)\s*$/.exec(authorization ?? '') ?? [];
  if (scheme === undefined || value === undefined) return [];
  if (scheme.toLowerCase() !== 'basic') return [value];
  const pair = Buffer.from(value, 'base64').toString('utf8');
  return [value, pair.slice(pair.indexOf(':') + 1)];
}
