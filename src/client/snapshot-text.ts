import type { Digest, Tag } from '../reference.ts';

/** What a registry holds, or would hold: the name of each image below it, its digests and their tags. */
export type Snapshot = ReadonlyMap<string, ReadonlyMap<Digest, readonly Tag[]>>;

export type SnapshotFormat = 'csv' | 'yaml';

/** The format that a text means, in whatever case; undefined for any other. */
export function snapshotFormatOf(text: string): SnapshotFormat | undefined {
  const format = text.toLowerCase();
  return format === 'csv' || format === 'yaml' ? format : undefined;
}

/** Writes a snapshot image by image, byte for byte as kpromo does; names, digests and tags are in order of their bytes. */
export function* renderSnapshot(snapshot: Snapshot, format: SnapshotFormat): Generator<string> {
  const render = format === 'csv' ? renderCsv : renderYaml;
  for (const [name, digests] of inOrder(snapshot)) yield render(name, inOrder(digests));
  // kpromo prints the whole as one line, which gets its own end.
  yield '\n';
}

type OrderedDigests = readonly (readonly [Digest, readonly Tag[]])[];

function renderYaml(name: string, digests: OrderedDigests): string {
  const lines = digests.map(([digest, tags]) => {
    const list = tags.toSorted().map((tag) => JSON.stringify(tag));
    return `    ${JSON.stringify(digest)}: [${list.join(', ')}]\n`;
  });
  return `- name: ${name}\n  dmap:\n${lines.join('')}`;
}

function renderCsv(name: string, digests: OrderedDigests): string {
  const lines = digests.flatMap(([digest, tags]) => {
    if (tags.length === 0) return [`${name}@${digest},-\n`];
    return tags.toSorted().map((tag) => `${name}@${digest},${name}:${tag}\n`);
  });
  return lines.join('');
}

function inOrder<K extends string, V>(map: ReadonlyMap<K, V>): readonly (readonly [K, V])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
