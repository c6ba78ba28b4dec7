import type { OutputStream } from './output.ts';
import { writePaced } from './paced-output.ts';

type Fields = Readonly<Record<string, unknown>>;
type Lists = Readonly<Record<string, Iterable<unknown> | AsyncIterable<unknown>>>;

/**
 * Writes one JSON object: the fields, then the lists, item by item, since a plan may be larger than a text can be long.
 * Fields that are undefined are left out.
 */
export async function writeJsonResult(stream: OutputStream, fields: Fields, lists: Lists = {}): Promise<void> {
  await writePaced(stream, textsOf(fields, lists));
}

async function* textsOf(fields: Fields, lists: Lists): AsyncGenerator<string> {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  const members = present.map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${indent(JSON.stringify(value, null, 2))}`,
  );
  yield `{\n${members.join(',\n')}`;
  let separator = members.length === 0 ? '' : ',\n';
  for (const [name, items] of Object.entries(lists)) {
    yield `${separator}  ${JSON.stringify(name)}: [`;
    separator = ',\n';
    let first = true;
    for await (const item of items) {
      yield `${first ? '' : ','}\n    ${JSON.stringify(item)}`;
      first = false;
    }
    yield first ? ']' : '\n  ]';
  }
  yield '\n}\n';
}

function indent(json: string): string {
  return json.replaceAll('\n', '\n  ');
}
