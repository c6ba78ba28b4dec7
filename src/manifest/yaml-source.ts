import type { CST, Document, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { Composer, isAlias, isCollection, isMap, isScalar, isSeq, Lexer, LineCounter, Parser, visit } from 'yaml';
import { messageOf } from '../errors.ts';

/** Largest file that is read, in bytes; the largest promotion manifests known are below one megabyte. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** Bounds memory: every lexeme becomes about half a kilobyte of nodes. 46,000 digests with two tags each have 1,000,000. */
const MAX_LEXEMES = 3_000_000;

/** Collections within collections; a manifest has six. The library's recursion would end in a stack overflow. */
const MAX_DEPTH = 100;

/** How many nodes may be reached through aliases beyond those that are written out. */
const MAX_ALIASED_NODES = 100_000;

/** A node with its aliases followed. */
export type YamlNode = Scalar | YAMLMap | YAMLSeq;

/** The first document of a YAML text, ready to be walked once. */
export interface YamlSource {
  readonly root: unknown;
  /** The node itself, or what its alias stands for; undefined where nothing is written or the alias cannot be followed. */
  follow(node: unknown): YamlNode | undefined;
  /** 1-based line of an offset into the text. */
  lineAt(at: number): number;
  /** Reports something that the decoder cannot accept. */
  fail(at: number, message: string): void;
}

/**
 * Reads the first document of a YAML text as nodes whose scalars are the text as written (further documents are left
 * unread, like yaml.v2's `Unmarshal` does).
 *
 * @param fail takes problems with their 1-based line; the first syntax error only, since others follow from it
 * @returns undefined when the text is not YAML or is too large
 */
export function openYaml(text: string, fail: (line: number, message: string) => void): YamlSource | undefined {
  const lines = new LineCounter();
  lines.addNewLine(0);
  const lineAt = (at: number): number => lines.linePos(at).line;
  const reading = composeFirst(text, lines);
  if ('trouble' in reading) {
    fail(reading.at === undefined ? 1 : lineAt(reading.at), reading.trouble);
    return undefined;
  }
  const { document, lexemes } = reading;
  // A node that no alias repeats is decoded once, and there are fewer than two nodes for each lexeme.
  let budget = 2 * lexemes + MAX_ALIASED_NODES;
  let anchored: ReadonlyMap<unknown, unknown> | undefined;

  function follow(node: unknown): YamlNode | undefined {
    if (--budget === 0) fail(1, 'document contains excessive aliasing');
    if (budget <= 0) return undefined;
    if (isMap(node) || isSeq(node) || isScalar(node)) return node;
    if (!isAlias(node)) return undefined;
    anchored ??= resolveAliases(document);
    if (anchored.has(node)) return follow(anchored.get(node));
    fail(lineAt(node.range?.[0] ?? 0), `unknown anchor '${node.source}' referenced`);
    return undefined;
  }

  return { root: document.contents, follow, lineAt, fail: (at, message) => fail(lineAt(at), message) };
}

type Reading =
  { readonly document: Document; readonly lexemes: number } | { readonly trouble: string; readonly at?: number };

function composeFirst(text: string, lines: LineCounter): Reading {
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) return { trouble: `larger than ${MAX_FILE_BYTES} bytes` };
  const parser = new Parser(lines.addNewLine);
  let lexemes = 0;
  let excess: string | undefined;
  function* allTokens(): Generator<CST.Token> {
    for (const lexeme of new Lexer().lex(text)) {
      if (++lexemes > MAX_LEXEMES) excess = `more than ${MAX_LEXEMES} YAML tokens`;
      if (parser.stack.length > MAX_DEPTH) excess = `nested more than ${MAX_DEPTH} levels deep`;
      if (excess !== undefined) return;
      yield* parser.next(lexeme);
    }
    yield* parser.end();
  }
  // A document's own errors come before its token; what comes after belongs to the next one.
  function* tokens(): Generator<CST.Token> {
    for (const token of allTokens()) {
      yield token;
      if (token.type === 'document') return;
    }
  }
  try {
    // Duplicate keys are found while decoding: the library's check takes quadratic time on a map of digests.
    const options = { schema: 'failsafe', resolveKnownTags: false, uniqueKeys: false, prettyErrors: false } as const;
    const [document] = new Composer(options).compose(tokens(), true, text.length);
    if (excess !== undefined) return { trouble: excess, at: parser.offset };
    if (document === undefined) return { trouble: 'no document' };
    const [first] = document.errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
    return first === undefined ? { document, lexemes } : { trouble: first.message, at: first.pos[0] };
  } catch (thrown) {
    return { trouble: messageOf(thrown) };
  }
}

/** An anchor may be set again: an alias means the last one before it (YAML 1.2.2, section 7.1). */
function resolveAliases(document: Document): ReadonlyMap<unknown, unknown> {
  const anchors = new Map<string, unknown>();
  const resolved = new Map<unknown, unknown>();
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) {
        if (anchors.has(node.source)) resolved.set(node, anchors.get(node.source));
      } else if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) {
        anchors.set(node.anchor, node);
      }
    },
  });
  return resolved;
}
