import { readFile } from 'node:fs/promises';
import { type Document, isMap, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { messageOf, PromoterError } from './errors.ts';

/**
 * Reads a YAML file that must have the shape of a schema.
 *
 * @throws PromoterError `ConfigInvalid` listing every problem as `file:line: message`
 */
export async function readYamlFile<Shape extends z.ZodType>(file: string, schema: Shape): Promise<z.output<Shape>> {
  return parseYaml(file, await readText(file), schema);
}

/**
 * The same, but as it was written: checked, and nothing transformed. A file that is empty is an empty map.
 *
 * @throws PromoterError `ConfigInvalid` listing every problem as `file:line: message`
 */
export async function readYamlInput<Shape extends z.ZodType>(file: string, schema: Shape): Promise<z.input<Shape>> {
  return check(file, await readText(file), schema, {}).input as z.input<Shape>;
}

/**
 * The same for text that has been read already; `file` is what the messages call it.
 *
 * @throws PromoterError `ConfigInvalid`
 */
export function parseYaml<Shape extends z.ZodType>(file: string, text: string, schema: Shape): z.output<Shape> {
  return check(file, text, schema, null).output;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new PromoterError('ConfigInvalid', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** @param nothing what an empty file stands for */
function check<Shape extends z.ZodType>(
  file: string,
  text: string,
  schema: Shape,
  nothing: unknown,
): { input: unknown; output: z.output<Shape> } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw invalid(document.errors.map((error) => `${file}:${lines.linePos(error.pos[0]).line}: ${error.message}`));
  }
  const input = valueOf(file, document) ?? nothing;
  const result = schema.safeParse(input);
  if (result.success) return { input, output: result.data };
  const problems = result.error.issues.flatMap(describe).map(({ path, message }) => {
    const { line } = lines.linePos(offsetOf(document, path));
    return { line, text: `${file}:${line}: ${path.length === 0 ? '' : `${path.join('.')}: `}${message}` };
  });
  throw invalid(problems.sort((a, b) => a.line - b.line).map(({ text }) => text));
}

/** Aliases are looked up only here, and one may lead nowhere. */
function valueOf(file: string, document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw invalid([`${file}: ${messageOf(error)}`]);
  }
}

/** A key that nobody asked for is reported where it stands and not at the map that holds it. */
function describe(issue: z.core.$ZodIssue): { path: PropertyKey[]; message: string }[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }];
  return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'no such setting' }));
}

/** Where the value of a path begins, or what holds it when the value is missing. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown = document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === String(key)) : undefined;
    const node: unknown = pair?.key ?? document.getIn(path.slice(0, length), true);
    const range = (node as { range?: readonly number[] | null } | undefined)?.range;
    if (range?.[0] !== undefined) return range[0];
  }
  return 0;
}

function invalid(problems: readonly string[]): PromoterError {
  return new PromoterError('ConfigInvalid', problems.join('\n'));
}
