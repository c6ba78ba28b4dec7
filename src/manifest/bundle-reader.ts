import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { messageOf } from '../errors.ts';
import { isInside, kindOf, readText } from './file-reader.ts';
import { ManifestError } from './manifest-error.ts';
import type { ManifestBundle, ManifestFile, Problem } from './manifest.ts';
import type { Review, Severity } from './review.ts';
import { addFinding, emptyReview, inOrder } from './review.ts';
import { IMAGES_FILE, MANIFEST_FILE } from './thin-parser.ts';

/** What the user named: the file of a plain manifest, or the directory of thin ones. */
export type BundleInput =
  { readonly kind: 'plain'; readonly path: string } | { readonly kind: 'thin'; readonly directory: string };

/** The files that were found, and the folder that {@link parseBundle} shows in front of their paths. */
export interface ReadBundle {
  readonly bundle: ManifestBundle;
  readonly root: string;
  readonly warnings: readonly Problem[];
}

/**
 * Reads manifests from disk. Nothing is read that a symbolic link fetches from outside of a thin directory.
 *
 * @throws ManifestError when files cannot be read, or `images/` or `manifests/` is missing or has irregular files
 */
export async function readBundle(input: BundleInput): Promise<ReadBundle> {
  const { problems, ...read } = await surveyBundle(input);
  if (problems.length > 0) throw new ManifestError(problems);
  return read;
}

/** The same without throwing: what could be read, and the problems with the rest. */
export async function surveyBundle(
  input: BundleInput,
): Promise<ReadBundle & { readonly problems: readonly Problem[] }> {
  const review = emptyReview();
  const root = input.kind === 'plain' ? dirname(input.path) : input.directory;
  const survey = { root, review, files: [] };
  try {
    await (input.kind === 'plain' ? addFile(survey, basename(input.path)) : surveyThin(survey));
  } catch (thrown) {
    addFinding(review, 'problem', { file: root, message: `cannot be read: ${messageOf(thrown)}` });
  }
  return {
    bundle: { kind: input.kind, files: survey.files },
    root,
    problems: inOrder(review.problems),
    warnings: inOrder(review.warnings),
  };
}

interface Survey {
  readonly root: string;
  readonly review: Review;
  readonly files: ManifestFile[];
}

async function surveyThin(survey: Survey): Promise<void> {
  for (const folder of ['images', 'manifests']) {
    const path = join(survey.root, folder);
    const kind = await kindOf(path);
    if (kind === 'missing') report(survey, 'problem', folder, `stat directory ${path}: no such file or directory`);
    else if (kind !== 'directory') report(survey, 'problem', folder, `"${path}" is not a directory`);
  }
  if (survey.review.problems.length > 0) return;
  const projects = await surveyManifests(survey);
  await surveyImages(survey, projects);
}

/**
 * Collects the manifests at any depth, so that parsing refuses misplaced ones by their path.
 *
 * @returns the projects that have a manifest
 */
async function surveyManifests(survey: Survey): Promise<ReadonlySet<string>> {
  const projects = new Set<string>();
  const found = await readdir(join(survey.root, 'manifests'), { recursive: true, withFileTypes: true });
  const paths = found.map((entry) => relative(survey.root, join(entry.parentPath, entry.name))).toSorted();
  for (const path of paths.filter((path) => basename(path) === MANIFEST_FILE)) {
    const kind = await kindOf(join(survey.root, path));
    if (kind !== 'file') report(survey, 'warning', path, `ignoring irregular file "${join(survey.root, path)}"`);
    else if (await addInside(survey, path)) projects.add(basename(dirname(path)));
  }
  await warnOfSkipped(survey, found, new Set(paths));
  return projects;
}

async function warnOfSkipped(survey: Survey, found: readonly Dirent[], paths: ReadonlySet<string>): Promise<void> {
  for (const entry of found) {
    const path = relative(survey.root, join(entry.parentPath, entry.name));
    if (dirname(path) !== 'manifests' || (await kindOf(join(survey.root, path))) !== 'directory') continue;
    // Directories behind links are not searched, here as in kpromo: they could lead anywhere, and in circles.
    if (entry.isSymbolicLink()) report(survey, 'warning', path, 'skipped: it is a symbolic link');
    else if (!paths.has(join(path, MANIFEST_FILE))) {
      report(survey, 'warning', path, `skipped: it has no ${MANIFEST_FILE}`);
    }
  }
}

async function surveyImages(survey: Survey, projects: ReadonlySet<string>): Promise<void> {
  const names = await readdir(join(survey.root, 'images'));
  for (const project of names.toSorted()) {
    const folder = join('images', project);
    const path = join(folder, IMAGES_FILE);
    if ((await kindOf(join(survey.root, folder))) !== 'directory') continue;
    const kind = await kindOf(join(survey.root, path));
    if (kind === 'file') await addInside(survey, path);
    else if (!projects.has(project)) report(survey, 'warning', folder, `never promoted: it has no ${IMAGES_FILE}`);
    else if (kind !== 'missing') {
      report(survey, 'problem', path, `corresponding file "${join(survey.root, path)}" is not a regular file`);
    }
  }
}

async function addInside(survey: Survey, path: string): Promise<boolean> {
  if (await isInside(survey.root, join(survey.root, path))) return addFile(survey, path);
  report(survey, 'problem', path, `is a symbolic link that leads out of ${survey.root}`);
  return false;
}

async function addFile(survey: Survey, path: string): Promise<boolean> {
  try {
    survey.files.push({ path, text: await readText(join(survey.root, path)) });
    return true;
  } catch (thrown) {
    report(survey, 'problem', path, `cannot be read: ${messageOf(thrown)}`);
    return false;
  }
}

function report(survey: Survey, severity: Severity, path: string, message: string): void {
  addFinding(survey.review, severity, { file: join(survey.root, path), message });
}
