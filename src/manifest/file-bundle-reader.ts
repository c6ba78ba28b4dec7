import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { messageOf } from '../errors.ts';
import type { FileBundle, FileProject } from './file-manifest.ts';
import { isInside, kindOf, readText } from './file-reader.ts';
import { FILESTORES_FOLDER } from './manifest-search.ts';
import type { ManifestFile, Problem } from './manifest.ts';
import { addFinding, emptyReview, inOrder, type Review } from './review.ts';

/** The file that names a project's filestores, below `filestores/<project>/`. */
export const FILESTORES_FILE = 'filepromoter-manifest.yaml';

/** What the user named: a directory of projects, or the two halves of one. */
export type FileInput =
  | { readonly kind: 'directory'; readonly directory: string }
  | { readonly kind: 'pair'; readonly filestores: string; readonly files: readonly string[] };

/** What could be read, and what is wrong with the rest. */
export interface FileSurvey {
  readonly bundle: FileBundle;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Reads file manifests from disk. Nothing is read that a symbolic link fetches from outside of the directory. */
export async function surveyFiles(input: FileInput): Promise<FileSurvey> {
  const review = emptyReview();
  const projects = input.kind === 'pair' ? await surveyPair(input, review) : await surveyDirectory(input, review);
  return { bundle: { projects }, problems: inOrder(review.problems), warnings: inOrder(review.warnings) };
}

async function surveyPair(
  { filestores, files }: Extract<FileInput, { kind: 'pair' }>,
  review: Review,
): Promise<readonly FileProject[]> {
  const half = await readOne(filestores, review);
  const others = [];
  for (const path of files) others.push(...(await readHalves(path, review)));
  return half === undefined ? [] : [{ filestores: half, files: others }];
}

async function surveyDirectory(
  { directory }: Extract<FileInput, { kind: 'directory' }>,
  review: Review,
): Promise<readonly FileProject[]> {
  const found = await namesIn(join(directory, FILESTORES_FOLDER), review);
  const projects: FileProject[] = [];
  for (const project of found) {
    const path = join(directory, FILESTORES_FOLDER, project, FILESTORES_FILE);
    if ((await kindOf(path)) !== 'file') {
      const file = join(directory, FILESTORES_FOLDER, project);
      addFinding(review, 'warning', { file, message: `skipped: it has no ${FILESTORES_FILE}` });
      continue;
    }
    const filestores = await readOne(path, review, directory);
    const files = await readHalves(join(directory, 'manifests', project), review, directory);
    if (filestores !== undefined) projects.push({ filestores, files });
  }
  const manifests = join(directory, 'manifests');
  const listed = (await kindOf(manifests)) === 'directory' ? await namesIn(manifests, review) : [];
  for (const project of listed.filter((name) => !found.includes(name))) {
    const message = `never promoted: there is no ${join(directory, FILESTORES_FOLDER, project, FILESTORES_FILE)}`;
    addFinding(review, 'warning', { file: join(manifests, project), message });
  }
  if (projects.length === 0 && review.problems.length === 0) {
    addFinding(review, 'problem', { file: directory, message: `no file manifests found in dir: ${directory}` });
  }
  return projects;
}

/** A file, or every file below a directory in the order of their paths. */
async function readHalves(path: string, review: Review, root = path): Promise<readonly ManifestFile[]> {
  if ((await kindOf(path)) !== 'directory') return [await readOne(path, review)].filter((file) => file !== undefined);
  const found = await readdir(path, { recursive: true, withFileTypes: true });
  const files: ManifestFile[] = [];
  for (const file of found.map(({ parentPath, name }) => join(parentPath, name)).toSorted()) {
    if ((await kindOf(file)) !== 'file') continue;
    const half = await readOne(file, review, root);
    if (half === undefined) continue;
    // kpromo takes every file, whatever its name, for a manifest, and finds none in OWNERS and the like.
    if (/\.(?:ya?ml|json)$/i.test(file) || /^\s*files\s*:/m.test(half.text)) files.push(half);
    else
      addFinding(review, 'warning', { file, message: 'skipped: its name is not that of YAML, and it lists no files' });
  }
  return files;
}

async function readOne(path: string, review: Review, root?: string): Promise<ManifestFile | undefined> {
  try {
    if (root !== undefined && !(await isInside(root, path))) {
      addFinding(review, 'problem', { file: path, message: `it leads out of ${root}` });
      return undefined;
    }
    return { path, text: await readText(path) };
  } catch (thrown) {
    addFinding(review, 'problem', { file: path, message: `cannot be read: ${messageOf(thrown)}` });
    return undefined;
  }
}

async function namesIn(directory: string, review: Review): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isFile())
      .map(({ name }) => basename(name))
      .toSorted();
  } catch (thrown) {
    addFinding(review, 'problem', { file: directory, message: `cannot be read: ${messageOf(thrown)}` });
    return [];
  }
}
