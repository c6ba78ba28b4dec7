import { posix } from 'node:path';
import type { RegistryName } from '../reference.ts';
import { imageList, thinManifest } from './grammar.ts';
import { checkImages } from './image-list.ts';
import { assemble } from './manifest-parser.ts';
import type { ImageEntry, Manifest, ManifestFile } from './manifest.ts';
import type { ManifestOutcome, ParseContext } from './parse-context.ts';
import { decode, outcomeOf, shown } from './parse-context.ts';
import { addFinding } from './review.ts';

/** Name of the half of a thin manifest that names the registries, below `manifests/<project>/`. */
export const MANIFEST_FILE = 'promoter-manifest.yaml';

/** Name of the half of a thin manifest that names the images, below `images/<project>/`. */
export const IMAGES_FILE = 'images.yaml';

/** Parses and checks the manifests of a thin directory, each with its images. */
export function parseThin(files: readonly ManifestFile[], context: ParseContext): ManifestOutcome[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const manifests = files.filter(({ path }) => path.startsWith('manifests/') && posix.basename(path) === MANIFEST_FILE);
  if (manifests.length === 0) {
    const directory = shown('.', context.root);
    addFinding(context.review, 'problem', { file: directory, message: `no manifests found in dir: ${directory}` });
  }
  warnOfOrphans(files, byPath, context);
  return manifests.map((file) => outcomeOf(file, context, () => parseThinManifest(file, byPath, context)));
}

function parseThinManifest(
  file: ManifestFile,
  byPath: ReadonlyMap<string, ManifestFile>,
  context: ParseContext,
): Manifest | undefined {
  const path = shown(file.path, context.root);
  const [, project, ...rest] = file.path.split('/');
  if (project === undefined || rest.length !== 1) {
    addFinding(context.review, 'problem', { file: path, message: `unexpected manifest path "${path}"` });
    return undefined;
  }
  const imagesPath = posix.join('images', project, IMAGES_FILE);
  const imagesFile = byPath.get(imagesPath);
  if (imagesFile === undefined) {
    const message = `corresponding file "${shown(imagesPath, context.root)}" does not exist`;
    addFinding(context.review, 'problem', { file: path, message });
  }
  const images = imagesFile && decode(imagesFile, 'unmarshalling images YAML', imageList, context);
  const imagesFrom = (source: RegistryName | undefined): readonly ImageEntry[] =>
    images === undefined ? [] : checkImages(images.value, source, images.review);
  const read = decode(file, 'unmarshalling thin manifest YAML', thinManifest, context);
  if (read === undefined) {
    imagesFrom(undefined);
    return undefined;
  }
  const { value, review } = read;
  if (value.imagesPath !== undefined) {
    review.report('warning', value.imagesPath.at, `'imagesPath' is deprecated and unused: images are in ${imagesPath}`);
  }
  return assemble(value, 'thin', review, imagesFrom);
}

function warnOfOrphans(
  files: readonly ManifestFile[],
  byPath: ReadonlyMap<string, ManifestFile>,
  context: ParseContext,
): void {
  for (const { path } of files) {
    const [folder, project, ...rest] = path.split('/');
    if (folder !== 'images' || project === undefined || rest.join('/') !== IMAGES_FILE) continue;
    const wanted = posix.join('manifests', project, MANIFEST_FILE);
    if (byPath.has(wanted)) continue;
    const message = `never promoted: there is no ${shown(wanted, context.root)}`;
    addFinding(context.review, 'warning', { file: shown(path, context.root), message });
  }
}
