import type { Pair, Scalar } from 'yaml';
import { isMap, isScalar, isSeq } from 'yaml';
import type { YamlNode, YamlSource } from './yaml-source.ts';

/** A decoded value and the offset at which it is written. */
export interface Located<T> {
  readonly value: T;
  readonly at: number;
}

/** One `key: value` of a mapping. */
export interface Entry<T> extends Located<T> {
  readonly key: string;
}

/**
 * Turns a node into a value. Like Go's yaml.v2 in strict mode, a decoder reports what does not fit and goes on, and takes
 * a missing or null node as the empty value.
 *
 * @param at offset to blame where the node has none
 */
export type Decoder<T> = (source: YamlSource, node: unknown, at: number) => T;

/** What a table of decoders yields; a field that is not written is absent. */
export type Fields<D extends Record<string, Decoder<unknown>>> = {
  readonly [K in keyof D]?: Located<ReturnType<D[K]>>;
};

/** Mappings that merge mappings that merge …; people need one level. */
const MAX_MERGE_DEPTH = 20;

const NULL = new Set(['', '~', 'null', 'Null', 'NULL']);
const TRUE = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON', 'true', 'True', 'TRUE']);
const FALSE = new Set(['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF', 'false', 'False', 'FALSE']);
const CORE_TAG = 'tag:yaml.org,2002:';
const PLAIN_TAGS = new Set([undefined, '!', ...['str', 'seq', 'map'].map((type) => CORE_TAG + type)]);

/** A string field: any scalar as it is written (`1.0`, `0x10` and `true` keep their text), null as the empty string. */
export function text(source: YamlSource, node: unknown, at: number): string {
  const found = present(source, node, at);
  if (found === undefined) return '';
  if (isScalar(found)) return String(found.value);
  return refuse(source, found, at, 'string', '');
}

/** A boolean field, with the words that YAML 1.1 has for it; quoted ones are strings. */
export function flag(source: YamlSource, node: unknown, at: number): boolean {
  const found = present(source, node, at);
  if (found === undefined) return false;
  if (isUnquoted(found) && TRUE.has(String(found.value))) return true;
  if (isUnquoted(found) && FALSE.has(String(found.value))) return false;
  return refuse(source, found, at, 'bool', false);
}

/** A sequence whose elements are all of one kind. */
export function list<T>(element: Decoder<T>): Decoder<readonly Located<T>[]> {
  return (source, node, at) => {
    const found = present(source, node, at);
    if (found === undefined) return [];
    if (!isSeq(found)) return refuse(source, found, at, 'list', []);
    return found.items.map((item) => {
      const start = offsetOf(item, offsetOf(found, at));
      return { value: element(source, item, start), at: start };
    });
  };
}

/** A mapping from any keys to values of one kind, in the order in which they are written. */
export function mapping<T>(value: Decoder<T>): Decoder<readonly Entry<T>[]> {
  return (source, node, at) =>
    entriesOf(source, node, at).map(({ key, at: start, value: item }) => ({
      key,
      at: start,
      value: value(source, item, start),
    }));
}

/**
 * A mapping with known fields.
 *
 * @param type what messages call it
 * @param retired fields that older manifests have, and what to say of them
 */
export function fields<D extends Record<string, Decoder<unknown>>>(
  type: string,
  decoders: D,
  retired: Readonly<Record<string, string>> = {},
): Decoder<Fields<D>> {
  return (source, node, at) => {
    const found: Record<string, Located<unknown>> = {};
    for (const { key, at: start, value } of entriesOf(source, node, at)) {
      const decode = Object.hasOwn(decoders, key) ? decoders[key] : undefined;
      if (decode !== undefined) found[key] = { value: decode(source, value, start), at: start };
      else source.fail(start, `field ${key} not found in type ${type}${hint(retired, key)}`);
    }
    return found as Fields<D>;
  };
}

function hint(retired: Readonly<Record<string, string>>, key: string): string {
  return Object.hasOwn(retired, key) ? `: ${retired[key]}` : '';
}

/** The entries of a mapping; merge keys (`<<`) give what the mapping does not say itself. */
function entriesOf(source: YamlSource, node: unknown, at: number, depth = 0): readonly Entry<unknown>[] {
  const found = present(source, node, at);
  if (found === undefined) return [];
  if (depth > MAX_MERGE_DEPTH) {
    source.fail(offsetOf(found, at), 'merge keys go too deep or in a circle');
    return [];
  }
  if (!isMap(found)) return refuse(source, found, at, 'map', []);
  const own = new Map<string, Entry<unknown>>();
  const merges: Located<unknown>[] = [];
  for (const pair of found.items) {
    const start = offsetOf(pair.key, offsetOf(found, at));
    if (isMerge(pair)) {
      merges.push({ value: pair.value, at: start });
      continue;
    }
    const key = text(source, pair.key, start);
    if (own.has(key)) source.fail(start, `key "${key}" already set in map`);
    else own.set(key, { key, at: start, value: pair.value });
  }
  for (const merge of merges) mergeInto(own, source, merge, depth + 1);
  return [...own.values()];
}

function mergeInto(own: Map<string, Entry<unknown>>, source: YamlSource, merge: Located<unknown>, depth: number): void {
  const merged = source.follow(merge.value);
  const mappings = isSeq(merged) ? merged.items : [merged];
  for (const mapping of mappings) {
    for (const entry of entriesOf(source, mapping, merge.at, depth)) {
      if (!own.has(entry.key)) own.set(entry.key, entry);
    }
  }
}

function isMerge(pair: Pair): boolean {
  return isUnquoted(pair.key) && pair.key.value === '<<';
}

function present(source: YamlSource, node: unknown, at: number): YamlNode | undefined {
  const found = source.follow(node);
  if (found === undefined) return undefined;
  if (!PLAIN_TAGS.has(found.tag)) {
    source.fail(offsetOf(found, at), `tag ${found.tag?.replace(CORE_TAG, '!!')} cannot be used here`);
  }
  return isUnquoted(found) && found.tag === undefined && NULL.has(String(found.value)) ? undefined : found;
}

function isUnquoted(node: unknown): node is Scalar {
  return isScalar(node) && node.type === 'PLAIN';
}

function offsetOf(node: unknown, otherwise: number): number {
  const range = node !== null && typeof node === 'object' && 'range' in node ? node.range : undefined;
  return Array.isArray(range) ? Number(range[0]) : otherwise;
}

function refuse<T>(source: YamlSource, node: YamlNode, at: number, wanted: string, empty: T): T {
  source.fail(offsetOf(node, at), `cannot unmarshal ${shapeOf(node)} into ${wanted}`);
  return empty;
}

function shapeOf(node: YamlNode): string {
  if (isMap(node)) return '!!map';
  if (isSeq(node)) return '!!seq';
  const written = String(node.value);
  const shortened = written.length > 40 ? `${written.slice(0, 40)}...` : written;
  return isUnquoted(node) ? `\`${shortened}\`` : `!!str \`${shortened}\``;
}
