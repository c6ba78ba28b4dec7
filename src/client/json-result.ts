import type { OutputStream } from './output.ts';

/**
 * Writes one JSON object: the fields, then the lists, item by item, since a plan may be larger than a text can be long.
 * Fields that are undefined are left out.
 */
export async function writeJsonResult(
  stream: OutputStream,
  fields: Readonly<Record<string, unknown>>,
  lists: Readonly<Record<string, AsyncIterable<unknown>>> = {},
): Promise<void> {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  const members = present.map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${indent(JSON.stringify(value, null, 2))}`,
  );
  stream.write(`{\n${members.join(',\n')}`);
  let separator = members.length === 0 ? '' : ',\n';
  for (const [name, items] of Object.entries(lists)) {
    stream.write(`${separator}  ${JSON.stringify(name)}: [`);
    separator = ',\n';
    let first = true;
    for await (const item of items) {
      stream.write(`${first ? '' : ','}\n    ${JSON.stringify(item)}`);
      first = false;
    }
    stream.write(first ? ']' : '\n  ]');
  }
  stream.write('\n}\n');
}

function indent(json: string): string {
  return json.replaceAll('\n', '\n  ');
}
