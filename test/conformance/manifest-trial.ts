import assert from 'node:assert/strict';
import { digestOf, IMAGES, REGISTRIES } from '../manifest/sample-bundle.ts';
import { withTree } from '../manifest/written-tree.ts';
import type { CommandLine, Ending } from './command-line.ts';

export type Files = Readonly<Record<string, string>>;

/** How parsing ended, with what it said but for the lines that it always says. */
export type Parsed = Ending & { readonly lines: readonly string[] };

/** Parses manifests offline, in a folder of their own. */
export interface ManifestTrial {
  readonly parse: (files: Files, args: readonly string[], change?: (root: string) => Promise<void>) => Promise<Parsed>;
  readonly parsePlain: (text: string) => Promise<Parsed>;
  readonly parseThin: (files: Files, ...args: readonly string[]) => Promise<Parsed>;
}

export const [A, B] = ['a', 'b'].map(digestOf) as [string, string];

/** A good thin directory of one project, with changes. */
export function thin(changes: Files = {}): Files {
  return { 'manifests/p/promoter-manifest.yaml': REGISTRIES, 'images/p/images.yaml': IMAGES, ...changes };
}

/** The same without some of its files. */
export function without(...paths: readonly string[]): Files {
  return Object.fromEntries(Object.entries(thin()).filter(([path]) => !paths.includes(path)));
}

/** A list of one image with one digest. */
export function images(digest: string, tags: string, name = 'apple'): string {
  return `- name: ${name}\n  dmap:\n    "${digest}": ${tags}\n`;
}

/** @param promoter asked for when something is parsed, since hooks start it */
export function createManifestTrial(promoter: () => CommandLine): ManifestTrial {
  const trial: ManifestTrial = {
    async parse(files, args, change) {
      let ending: Ending | undefined;
      await withTree(files, async (root) => {
        await change?.(root);
        ending = await promoter().run(['cip', '--parse-only', ...args], { cwd: root });
      });
      assert.ok(ending);
      const [, ...lines] = ending.stderr.trimEnd().split('\n');
      return { ...ending, lines: lines.filter((line) => !line.startsWith('Manifests parsed')) };
    },
    parsePlain: (text) => trial.parse({ 'm.yaml': text }, ['--manifest', 'm.yaml']),
    parseThin: (files, ...args) => trial.parse({ ...files, keep: '' }, ['--thin-manifest-dir', '.', ...args]),
  };
  return trial;
}
