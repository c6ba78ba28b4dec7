import { posix } from 'node:path';
import type { Manifest, ManifestFile } from './manifest.ts';
import type { FileReview, Review } from './review.ts';
import { addFinding } from './review.ts';
import type { Decoder } from './yaml-decoder.ts';
import { openYaml } from './yaml-source.ts';

/** What became of one manifest of a bundle; `manifest` is absent when it has problems. */
export interface ManifestOutcome {
  readonly file: string;
  readonly manifest?: Manifest;
}

/** What is known while the files of a bundle are parsed. */
export interface ParseContext {
  readonly review: Review;
  /** Folder that the user named, shown in front of the bundle's paths. */
  readonly root: string;
  /** Whether the rules that kpromo applies to plain manifests only are warnings. */
  readonly lenient: boolean;
}

/** A file of the right shape, whose rules can be checked now. */
export interface Decoded<T> {
  readonly value: T;
  readonly review: FileReview;
}

/** The name of a file of the bundle as the user knows it. */
export function shown(path: string, root: string): string {
  return posix.join(root, path);
}

/** Runs the parsing of one manifest, and says whether anything is wrong with it. */
export function outcomeOf(
  file: ManifestFile,
  context: ParseContext,
  parse: () => Manifest | undefined,
): ManifestOutcome {
  const before = context.review.problems.length;
  const manifest = parse();
  const clean = manifest !== undefined && context.review.problems.length === before;
  return { file: shown(file.path, context.root), ...(clean && { manifest }) };
}

/**
 * Reads a file by its grammar.
 *
 * @param doing starts the message of every problem
 * @returns undefined, with the problems reported, when the text does not have the right shape
 */
export function decode<T>(
  file: ManifestFile,
  doing: string,
  decoder: Decoder<T>,
  { review, root, lenient }: ParseContext,
): Decoded<T> | undefined {
  const name = shown(file.path, root);
  const before = review.problems.length;
  const source = openYaml(file.text, (line, message) => {
    addFinding(review, 'problem', { file: name, line, message: `${doing}: ${message}` });
  });
  if (source === undefined) return undefined;
  const value = decoder(source, source.root, 0);
  if (review.problems.length > before) return undefined;
  return {
    value,
    review: {
      file: name,
      plainRules: lenient ? 'warning' : 'problem',
      lineAt: (at) => source.lineAt(at),
      report(severity, at, message) {
        addFinding(review, severity, { file: name, line: source.lineAt(at), message });
      },
    },
  };
}
