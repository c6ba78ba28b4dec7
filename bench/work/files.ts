import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { productionPath, stagingPath, type Work } from './work.ts';

/** The files that the tools work from. */
export interface WorkFiles {
  /** Thin manifests, with `manifests/` and `images/`. */
  readonly manifests: string;
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
    copies: join(folder, 'copies.txt'),
    regsync: join(folder, 'regsync.yaml'),
    regsyncRaised: join(folder, 'regsync-raised.yaml'),
  };
  await writeFile(files.copies, [...copyLines(work)].join(''));
  await writeFile(files.regsync, regsyncText(work, ''));
  await writeFile(files.regsyncRaised, regsyncText(work, '    reqConcurrent: 30\n'));
  return files;
}

async function writeProject({ staging, mirrors, repositories }: Work, project: string, folder: string): Promise<void> {
  const manifest = [
    'registries:\n',
    `- name: ${staging}/${stagingPath(project)}\n  src: true\n`,
    ...mirrors.map((mirror) => `- name: ${mirror}/${productionPath(project)}\n`),
  ];
  const images = repositories
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
