import type { Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { PromoterError } from '../errors.ts';

/** Images to be added to a list: name, digest, tags. */
export type ImageAdditions = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** A text to be put in at an offset. */
interface Splice {
  readonly at: number;
  readonly text: string;
}

/**
 * Adds images, digests and tags to the text of an `images.yaml`. What is there stays as it is written: order, comments,
 * quotes, spaces. What is new goes where it belongs in a list that is sorted (names; digests by their smallest tag, as
 * `kpromo pr` sorts), else to the end.
 *
 * @returns the same text when everything is there
 * @throws PromoterError `ManifestInvalid` when the text is not such a list, or is written in a way that cannot be added to
 */
export function addImages(text: string, additions: ImageAdditions): string {
  const complete = ended(text);
  let result = complete;
  // One digest after the other, since each moves what comes after it.
  for (const [name, digests] of additions) {
    for (const [digest, tags] of digests) result = addDigest(result, name, digest, tags);
  }
  return result === complete ? text : result;
}

function addDigest(text: string, name: string, digest: string, tags: readonly string[]): string {
  const list = parseList(text);
  if (list === undefined) return text + newImage(name, digest, tags);
  const image = list.items.find((item) => isMap(item) && textOf(item.get('name', true)) === name) as
    YAMLMap | undefined;
  if (image === undefined) return splice(text, newImageIn(text, list, { name, digest, tags }));
  const dmap = image.get('dmap', true);
  if (!isMap(dmap) || dmap.items.length === 0) throw unusable(`the 'dmap' of ${name} is not a mapping with digests`);
  const entry = dmap.items.find((pair) => textOf(pair.key) === digest);
  if (entry === undefined) return splice(text, newDigestIn(text, dmap, digest, tags));
  const missing = tags.filter((tag) => !tagsOf(entry).includes(tag));
  return missing.length === 0 ? text : splice(text, newTagsIn(text, entry, missing));
}

/** The list of images; undefined for a text without content. */
function parseList(text: string): YAMLSeq | undefined {
  const document = parseDocument(text, { schema: 'failsafe', uniqueKeys: false });
  const [error] = document.errors;
  if (error !== undefined) throw unusable(error.message);
  const list = document.contents;
  if (list === null || (isScalar(list) && textOf(list) === '')) return undefined;
  if (!isSeq(list)) throw unusable('it is no list of images');
  return list;
}

function splice(text: string, { at, text: added }: Splice): string {
  return text.slice(0, at) + added + text.slice(at);
}

function newImageIn(
  text: string,
  list: YAMLSeq,
  { name, digest, tags }: { name: string; digest: string; tags: readonly string[] },
): Splice {
  if (list.flow === true) throw unusable('the list of images is written between brackets');
  const names = list.items.map((item) => (isMap(item) ? textOf(item.get('name', true)) : ''));
  const indent = ' '.repeat(columnOf(text, startOf(list)));
  const lines = newImage(name, digest, tags).replace(/^(?=.)/gm, indent);
  return afterItem(text, list.items, placeOf(names, name), lines);
}

function newDigestIn(text: string, dmap: YAMLMap, digest: string, tags: readonly string[]): Splice {
  const written = `"${digest}": [${quoted(tags)}]`;
  if (dmap.flow === true) return { at: endOf(dmap.items.at(-1)), text: `, ${written}` };
  const firsts = dmap.items.map((pair) => smallest(tagsOf(pair)));
  const indent = ' '.repeat(columnOf(text, startOf(dmap.items[0])));
  return afterItem(text, dmap.items, placeOf(firsts, smallest(tags)), `${indent}${written}\n`);
}

function newTagsIn(text: string, { key, value }: Pair, tags: readonly string[]): Splice {
  if (isScalar(value) && textOf(value) === '') {
    return { at: text.indexOf(':', endOf(key)) + 1, text: ` [${quoted(tags)}]` };
  }
  if (!isSeq(value)) throw unusable(`the tags of ${textOf(key)} are not a list`);
  const last = value.items.at(-1);
  if (last === undefined) return { at: startOf(value) + 1, text: quoted(tags) };
  if (value.flow === true) return { at: endOf(last), text: `, ${quoted(tags)}` };
  const indent = ' '.repeat(columnOf(text, startOf(value)));
  return { at: endOfLine(text, endOf(last)), text: tags.map((tag) => `${indent}- "${tag}"\n`).join('') };
}

/** Puts lines below the item that comes before a place; there at the first place, above the first item's line. */
function afterItem(text: string, items: readonly unknown[], place: number, lines: string): Splice {
  const before = items[place - 1];
  if (before !== undefined) return { at: endOfLine(text, endOf(before)), text: lines };
  return { at: text.lastIndexOf('\n', startOf(items[0]) - 1) + 1, text: lines };
}

/** Where a key belongs among keys that are sorted; else the end. */
function placeOf(keys: readonly string[], key: string): number {
  const sorted = keys.every((one, at) => at === 0 || (keys[at - 1] ?? '') <= one);
  const place = sorted ? keys.findIndex((one) => one > key) : -1;
  return place < 0 ? keys.length : place;
}

function newImage(name: string, digest: string, tags: readonly string[]): string {
  return `- name: ${name}\n  dmap:\n    "${digest}": [${quoted(tags)}]\n`;
}

function tagsOf({ value }: Pair): readonly string[] {
  return isSeq(value) ? value.items.map(textOf) : [];
}

function smallest(tags: readonly string[]): string {
  return tags.toSorted()[0] ?? '';
}

function quoted(tags: readonly string[]): string {
  return tags.map((tag) => `"${tag}"`).join(', ');
}

function textOf(node: unknown): string {
  return isScalar(node) && typeof node.value === 'string' ? node.value : '';
}

/** Where an item begins: of a pair, where its key does. */
function startOf(item: unknown): number {
  const { key, range } = (item ?? {}) as Partial<Pair & Node>;
  return (key === undefined ? range?.[0] : startOf(key)) ?? 0;
}

/** Where an item ends: of a pair, where its value does, or its key when nothing is written there. */
function endOf(item: unknown): number {
  const { key, value, range } = (item ?? {}) as Partial<Pair & Node>;
  return key === undefined ? (range?.[1] ?? 0) : Math.max(endOf(key), endOf(value));
}

function endOfLine(text: string, at: number): number {
  // The end of a block is the beginning of the line after it.
  if (at > 0 && text[at - 1] === '\n') return at;
  return text.indexOf('\n', at) + 1;
}

function columnOf(text: string, at: number): number {
  return at - (text.lastIndexOf('\n', at - 1) + 1);
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function unusable(why: string): PromoterError {
  return new PromoterError('ManifestInvalid', `unmarshalling images YAML: ${why}; nothing can be added to it`);
}
