/**
 * The longest wait that is granted, in milliseconds: Docker Hub's window, the longest of those known. Whoever asks for more
 * would hold a promotion for as long as it likes; it is asked again after this time.
 */
export const LONGEST_WAIT_MS = 6 * 60 * 60_000;

const DELAY_SECONDS = /^\d{1,10}(?:\.\d{1,9})?$/;
const HTTP_DATE = /^[A-Z][a-z]{2,8},? .*GMT$|^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/**
 * How long a server asks us to wait, in milliseconds: `Retry-After` of RFC 9110 section 10.2.3, as seconds (fractions are
 * accepted, since some gateways send them) or as an HTTP date. A date that has passed is no wait at all, and none is longer
 * than {@link LONGEST_WAIT_MS}.
 */
export function parseRetryAfter(value: string, nowMs: number): number | undefined {
  const text = value.trim();
  if (DELAY_SECONDS.test(text)) return Math.min(Math.ceil(Number(text) * 1000), LONGEST_WAIT_MS);
  if (!HTTP_DATE.test(text)) return undefined;
  // The asctime form carries no zone, and is in UTC all the same (RFC 9110 section 5.6.7).
  const instant = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(instant) ? undefined : Math.min(Math.max(0, instant - nowMs), LONGEST_WAIT_MS);
}

/** {@link parseRetryAfter} of an answer's headers; of several the first counts. */
export function retryAfterOf(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  nowMs: number,
): number | undefined {
  const [value] = [headers['retry-after']].flat();
  return value === undefined ? undefined : parseRetryAfter(value, nowMs);
}
