const LONGEST_TEXT = 300;

/** Text from outside, on one line; in Markdown as code, so that it can neither format, link nor mention anybody. */
export function quoted(text: string, markdown: boolean): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, LONGEST_TEXT);
  return markdown ? `\`${line.replaceAll('`', "'") || ' '}\`` : line;
}
