import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BundleInput } from './bundle-reader.ts';
import { kindOf } from './file-reader.ts';

/** Manifests of images, or a directory of file manifests. */
export type FoundManifests = BundleInput | { readonly kind: 'files'; readonly directory: string };

/** The folder of a directory of file manifests that says where files come from and go. */
export const FILESTORES_FOLDER = 'filestores';

/** What a plain manifest is called where nobody names it, as in kubernetes/k8s.io. */
const PLAIN_FILE = 'manifest.yaml';

/**
 * Finds the manifests that a path means: the file itself as a plain manifest; of a directory with `images/` and
 * `manifests/` the thin ones, of one with `filestores/` those of files; of any other directory all kinds below it, plain
 * ones by the name `manifest.yaml`.
 *
 * A directory in which nothing is found is taken for a thin one, so that reading it says what it lacks.
 */
export async function findManifests(path: string): Promise<readonly FoundManifests[]> {
  if ((await kindOf(path)) !== 'directory') return [{ kind: 'plain', path }];
  const found = await searchDirectory(path);
  return found.length > 0 ? found : [{ kind: 'thin', directory: path }];
}

async function searchDirectory(directory: string): Promise<readonly FoundManifests[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const isThin = ['images', 'manifests'].every((name) => entries.some((entry) => entry.name === name));
  if (isThin) return [{ kind: 'thin', directory }];
  const found: FoundManifests[] = [];
  if (entries.some((entry) => entry.name === FILESTORES_FOLDER)) return [{ kind: 'files', directory }];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && !entry.name.startsWith('.')) found.push(...(await searchDirectory(path)));
    else if (entry.name === PLAIN_FILE) found.push({ kind: 'plain', path });
  }
  return found;
}
