import { printable } from '../printable.ts';

/** Text from outside, on one line; in Markdown as code, so that it can neither format, link nor mention anybody. */
export function quoted(text: string, markdown: boolean): string {
  const line = printable(text);
  return markdown ? `\`${line.replaceAll('`', "'") || ' '}\`` : line;
}
