/** One member of a `Link` header (RFC 8288): its target, as written, and its relation types, in lower case. */
export interface Link {
  readonly target: string;
  readonly relations: readonly string[];
}

const PARAMETER = /^\s*;\s*([\w!#$%&'*+.^`|~-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?/;
const TARGET = /^[\s,]*<([^<>]*)>/;

/**
 * Reads a `Link` header (RFC 8288 section 3). Stops at the first thing that is not a link, and returns what came before.
 */
export function parseLinks(header: string): Link[] {
  const links: Link[] = [];
  let rest = header;
  for (let target = TARGET.exec(rest); target !== null; target = TARGET.exec(rest)) {
    rest = rest.slice(target[0].length);
    let relations: string[] | undefined;
    for (let parameter = PARAMETER.exec(rest); parameter !== null; parameter = PARAMETER.exec(rest)) {
      rest = rest.slice(parameter[0].length);
      // Only the first `rel` counts (RFC 8288 section 3.3).
      if (parameter[1]?.toLowerCase() === 'rel') relations ??= relationsOf(parameter[2] ?? parameter[3] ?? '');
    }
    links.push({ target: target[1] ?? '', relations: relations ?? [] });
    if (!/^\s*(?:,|$)/.test(rest)) break;
  }
  return links;
}

/**
 * The page after this one, if there is one.
 *
 * @returns the URL of the first link with relation `next`; `elsewhere` when it leads to another origin, where it must not
 *   be followed, since the answer decides where our credentials would go
 */
export function nextPage(header: string | undefined, page: URL): URL | 'elsewhere' | undefined {
  if (header === undefined) return undefined;
  const link = parseLinks(header).find(({ relations }) => relations.includes('next'));
  if (link === undefined) return undefined;
  if (!URL.canParse(link.target, page.href)) return undefined;
  const next = new URL(link.target, page);
  return next.origin === page.origin ? next : 'elsewhere';
}

function relationsOf(value: string): string[] {
  return value
    .replace(/\\(.)/g, '$1')
    .toLowerCase()
    .split(/\s+/)
    .filter((relation) => relation !== '');
}
