/** What steers a terminal, breaks a line, or makes a text read as another (UAX #9). */
const CONTROLS = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

/** Whether text has anything in it that is not merely shown. */
export function hasControls(text: string): boolean {
  return CONTROLS.test(text);
}

/**
 * Text from outside as it may stand in a line or a table of Markdown: it is shown, and makes no link, image, tag or cell of
 * its own.
 *
 * @param longest in characters, before anything is escaped
 */
export function cell(text: string, longest: number): string {
  return text
    .slice(0, longest)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(new RegExp(CONTROLS, 'gu'), '�')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\|[\]]/g, '\\$&');
}
