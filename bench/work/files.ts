import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { productionPath, stagingPath, type Work } from './work.ts';

/** The files that the tools work from. */
export interface WorkFiles {
  /** Thin manifests, with `manifests/` and `images/`. */
  readonly manifests: string;
  /** A plain manifest of one of the images. */
  readonly warmUp: string;
  /** A line for each copy: `source@digest destination:tag`. */
  readonly copies: string;
  readonly regsync: string;
  /** regsync with thirty requests at a time for each registry instead of three. */
  readonly regsyncRaised: string;
}

/** Writes what the tools work from into a folder. */
export async function writeFiles(work: Work, folder: string): Promise<WorkFiles> {
  for (const project of new Set(work.repositories.map(({ project }) => project))) {
    await writeProject(work, project, folder);
  }
  const files = {
    manifests: folder,
    warmUp: join(folder, 'warm-up.yaml'),
    copies: join(folder, 'copies.txt'),
    regsync: join(folder, 'regsync.yaml'),
    regsyncRaised: join(folder, 'regsync-raised.yaml'),
  };
  await writeFile(files.warmUp, [...warmUpLines(work)].join(''));
  await writeFile(files.copies, [...copyLines(work)].join(''));
  await writeFile(files.regsync, regsyncText(work, ''));
  await writeFile(files.regsyncRaised, regsyncText(work, '    reqConcurrent: 30\n'));
  return files;
}

async function writeProject(work: Work, project: string, folder: string): Promise<void> {
  const manifest = registryLines(work, project);
  const images = work.repositories
    .filter((repository) => repository.project === project)
    .flatMap(({ name, images }) => [
      `- name: ${name}\n  dmap:\n`,
      ...images.map(({ image, tag }) => `    "${image.digest}": ["${tag}"]\n`).sort(),
    ]);
  for (const [kind, file, text] of [
    ['manifests', 'promoter-manifest.yaml', manifest],
    ['images', 'images.yaml', images],
  ] as const) {
    await mkdir(join(folder, kind, project), { recursive: true });
    await writeFile(join(folder, kind, project, file), text.join(''));
  }
}

function registryLines({ staging, mirrors }: Work, project: string): readonly string[] {
  return [
    'registries:\n',
    `- name: ${staging}/${stagingPath(project)}\n  src: true\n`,
    ...mirrors.map((mirror) => `- name: ${mirror}/${productionPath(project)}\n`),
  ];
}

function* warmUpLines(work: Work): Generator<string> {
  for (const { project, name, images } of work.repositories.slice(0, 1)) {
    const digests = images.slice(0, 1).map(({ image, tag }) => `    "${image.digest}": ["${tag}"]\n`);
    yield* [...registryLines(work, project), `images:\n- name: ${name}\n  dmap:\n`, ...digests];
  }
}

function* copyLines({ staging, mirrors, repositories }: Work): Generator<string> {
  for (const { project, name, images } of repositories) {
    for (const { image, tag } of images) {
      for (const mirror of mirrors) {
        const source = `${staging}/${stagingPath(project)}/${name}@${image.digest}`;
        yield `${source} ${mirror}/${productionPath(project)}/${name}:${tag}\n`;
      }
    }
  }
}

function regsyncText({ staging, mirrors, repositories }: Work, perRegistry: string): string {
  const hosts = [staging, ...mirrors].map((host) => `  - registry: ${host}\n    tls: disabled\n${perRegistry}`);
  const syncs = repositories.flatMap(({ project, name }) =>
    mirrors.map(
      (mirror) =>
        `  - source: ${staging}/${stagingPath(project)}/${name}\n` +
        `    target: ${mirror}/${productionPath(project)}/${name}\n    type: repository\n`,
    ),
  );
  return `version: 1\ndefaults:\n  parallel: 20\ncreds:\n${hosts.join('')}sync:\n${syncs.join('')}`;
}
