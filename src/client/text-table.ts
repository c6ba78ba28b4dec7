const GAP = '  ';
const NARROWEST = 8;

/**
 * Lays rows out in columns. Where they do not fit the width, the widest columns give way, and their cells lose their
 * middle: both ends of a repository's name say more than what is between them.
 *
 * @param width in characters; without it nothing is shortened
 */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[], width?: number): string {
  const lines = [header, ...rows];
  const natural = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const widths = width === undefined ? natural : fit(natural, width - GAP.length * (header.length - 1));
  const render = (line: readonly string[]): string =>
    widths
      .map((columnWidth, column) => shorten(line[column] ?? '', columnWidth).padEnd(columnWidth))
      .join(GAP)
      .trimEnd();
  return lines.map((line) => `${render(line)}\n`).join('');
}

/** The text, without its middle where it is longer than the width. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  const kept = Math.max(0, width - 1);
  const tail = Math.floor(kept / 2);
  return `${text.slice(0, kept - tail)}…${text.slice(text.length - tail)}`;
}

/** The beginning of the text, as much as there is room for. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

function fit(natural: readonly number[], available: number): readonly number[] {
  const widths = [...natural];
  const taken = (): number => widths.reduce((sum, width) => sum + width, 0);
  for (let excess = taken() - available; excess > 0; excess = taken() - available) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) break;
    const column = widths.indexOf(widest);
    const next = Math.max(NARROWEST, ...widths.filter((width) => width < widest));
    widths[column] = Math.max(next, widest - excess, NARROWEST);
    if (widths[column] === widest) widths[column] = widest - 1;
  }
  return widths;
}
