import { examineBundle } from '../../src/manifest/bundle.ts';
import { formatProblem } from '../../src/manifest/manifest-error.ts';
import type { Manifest, ManifestBundle } from '../../src/manifest/manifest.ts';

/** A digest made of one hex digit. */
export function digestOf(digit: string): string {
  return `sha256:${digit.repeat(64)}`;
}

/** Registries that every rule is content with, five lines long. */
export const REGISTRIES = `registries:
- name: gcr.io/staging
  src: true
- name: us.gcr.io/prod
- name: eu.gcr.io/prod/sub
`;

/** One image with one digest and one tag, three lines long. */
export const IMAGES = `- name: apple
  dmap:
    "${digestOf('a')}": ["1.0"]
`;

/** A plain manifest in a file called `m.yaml`. */
export function plain(text: string): ManifestBundle {
  return { kind: 'plain', files: [{ path: 'm.yaml', text }] };
}

/** A thin manifest of the project `p`. */
export function thin(manifest: string, images: string = IMAGES): ManifestBundle {
  return {
    kind: 'thin',
    files: [
      { path: 'manifests/p/promoter-manifest.yaml', text: manifest },
      { path: 'images/p/images.yaml', text: images },
    ],
  };
}

/** What is said of a bundle: each problem and warning as a line of text. */
export function findingsOf(
  bundle: ManifestBundle,
  options?: Parameters<typeof examineBundle>[1],
): { readonly manifests: readonly Manifest[]; readonly problems: string[]; readonly warnings: string[] } {
  const { outcomes, problems, warnings } = examineBundle(bundle, options);
  return {
    manifests: outcomes.flatMap(({ manifest }) => manifest ?? []),
    problems: problems.map(formatProblem),
    warnings: warnings.map(formatProblem),
  };
}

/** The single manifest of a bundle that has nothing wrong with it. */
export function onlyManifest(bundle: ManifestBundle, options?: Parameters<typeof examineBundle>[1]): Manifest {
  const { manifests, problems } = findingsOf(bundle, options);
  const [manifest] = manifests;
  if (manifest === undefined || problems.length > 0) throw new Error(`not one good manifest: ${problems.join('; ')}`);
  return manifest;
}
