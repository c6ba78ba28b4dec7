// What differs from one run to the next, however right the page is.
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/sha256:[0-9a-f]+/g, 'sha256:[0-9a-f]+'],
  [/\b[0-9a-f]{12}\b/g, '[0-9a-f]{12}'],
  [/\b\d+(?:\\\.\d+)? (?:B|KiB|MiB)(?=\W|$)/g, '[\\d.]+ (?:B|KiB|MiB)'],
  [/\blog entry \d+/g, 'log entry \\d+'],
  [/…/g, '.*'],
];

/**
 * What a command has to print for a page to be right: the lines that it shows, all of them and in their order. A line of
 * `…` stands for any number of lines, `…` in a line for any text; digests, sizes, log entries and widths of columns are
 * the run's own.
 */
export function outputPattern(lines: readonly string[]): RegExp {
  const patterns = lines.map((line) => (line.trim() === '…' ? '(?:.*\\n)*?' : `${patternOf(line)}\\n`));
  return new RegExp(`^${patterns.join('')}$`);
}

function patternOf(line: string): string {
  const literal = line.trim().replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const varying = VARYING.reduce((text, [shown, pattern]) => text.replaceAll(shown, () => pattern), literal);
  return `\\s*${varying.replaceAll(/ +/g, () => ' +')} *`;
}
