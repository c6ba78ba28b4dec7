/** Controls with which text from outside could steer a terminal, and marks that make it read as another. */
const CONTROLS = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
const LONGEST_LINE = 300;

/**
 * Text from outside, made safe for a terminal, a log and a page: every control character but tab and line feed (Unicode's
 * category Cc, 8-bit introducers of escape sequences among them) and every direction mark (UAX #9) becomes `�`, so that one
 * sees that something was there.
 */
export function withoutControls(text: string): string {
  return text.replaceAll(CONTROLS, (found) => (found === '\t' || found === '\n' ? found : '�'));
}

/** The same for a quotation within a message: one line of at most 300 characters, without any invisible ones. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, LONGEST_LINE);
}
