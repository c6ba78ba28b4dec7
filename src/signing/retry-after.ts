/**
 * The wait that a `Retry-After` header asks for, in milliseconds (RFC 9110, 10.2.3: seconds or a date).
 *
 * @param now milliseconds since the epoch
 */
export function parseRetryAfter(header: string | string[] | undefined, now: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
