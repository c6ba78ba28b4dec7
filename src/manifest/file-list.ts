import { nameProblem } from '../file-address.ts';
import type { Sha256 } from '../files/sha256.ts';
import type { RawFile } from './file-grammar.ts';
import type { FileEntry } from './file-manifest.ts';
import type { FileReview } from './review.ts';
import type { Located } from './yaml-decoder.ts';

/**
 * Checks the `files:` of a manifest, with kpromo's messages (api/files/validate.go); beyond those, a name must stay below
 * its base and be listed once.
 *
 * @param known what other manifests of the project list, by name; what is found here is added
 */
export function checkFiles(
  written: readonly Located<RawFile>[],
  known: Map<string, FileEntry>,
  review: FileReview,
): void {
  for (const { value, at } of written) {
    const name = checkName(value, at, review);
    const sha256 = checkHash(value, at, review);
    if (name === undefined || sha256 === undefined) continue;
    const where = value.name?.at ?? at;
    const other = known.get(name);
    if (other === undefined) known.set(name, { name, sha256, file: review.file, line: review.lineAt(where) });
    else review.report('problem', where, `file "${name}" is listed already at ${other.file}:${other.line}`);
  }
}

function checkName({ name }: RawFile, at: number, review: FileReview): string | undefined {
  if (name === undefined || name.value === '') {
    review.report('problem', name?.at ?? at, 'name is required for file');
    return undefined;
  }
  const problem = nameProblem(name.value);
  if (problem === undefined) return name.value;
  review.report('problem', name.at, `file name ${JSON.stringify(name.value)} cannot be used: ${problem}`);
  return undefined;
}

/** Upper-case digits are taken as well, as kpromo does. */
function checkHash({ sha256 }: RawFile, at: number, review: FileReview): Sha256 | undefined {
  const text = sha256?.value ?? '';
  const where = sha256?.at ?? at;
  const wrong = problemOf(text);
  if (wrong === undefined) return text.toLowerCase() as Sha256;
  review.report('problem', where, wrong);
  return undefined;
}

function problemOf(text: string): string | undefined {
  if (text === '') return 'sha256 is required for file';
  if (!/^(?:[0-9a-f]{2})+$/i.test(text)) return `sha256 was not valid (not hex): ${JSON.stringify(text)}`;
  return text.length === 64 ? undefined : `sha256 was not valid (bad length): ${JSON.stringify(text)}`;
}
