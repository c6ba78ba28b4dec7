import { createInterface } from 'node:readline/promises';
import { createTwoFilesPatch } from 'diff';
import { loadConfig } from '../config.ts';
import { PromoterError } from '../errors.ts';
import { examineBundle } from '../manifest/bundle.ts';
import { addImages } from '../manifest/image-additions.ts';
import { ManifestError } from '../manifest/manifest-error.ts';
import { parseRepository, type RegistryName } from '../reference.ts';
import { openRegistry } from '../registry-settings.ts';
import { EXIT_CODE } from './exit-code.ts';
import { openGitHub, type GitHubName, type RemoteManifests } from './github.ts';
import { writeJsonResult } from './json-result.ts';
import type { CommandOutput } from './output.ts';
import type { PrOptions } from './pr-command.ts';
import { readRegistry } from './snapshot-source.ts';
import type { Snapshot } from './snapshot-text.ts';
import { chooseImages } from './staging-images.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Adds images of a staging registry to the manifests of a repository on GitHub, and proposes that as a pull request.
 *
 * @throws PromoterError `UsageInvalid`, `ManifestInvalid`, `GitHubRefused`, `Registry*`
 */
export async function runPr(options: PrOptions, environment: Environment, output: CommandOutput): Promise<void> {
  const { GITHUB_TOKEN: token = '', GITHUB_API_URL: address } = environment;
  if (token === '') {
    const message = 'cannot promote images if GitHub token env var GITHUB_TOKEN is not set';
    throw new PromoterError('UsageInvalid', message);
  }
  const note = (text: string): void => void output.stderr.write(`${text}\n`);
  const upstream = repositoryNamed(options.repository, '');
  const fork = repositoryNamed(options.fork, upstream.repo);
  const staging = options.stagingRepo ?? `gcr.io/k8s-staging-${options.project}`;
  const github = openGitHub(token, address);
  const manifests = await github.readManifests(upstream, options.directory);
  const project = projectOf(staging, manifests);
  const path = `${options.directory}/images/${project}/images.yaml`;
  const before = (await github.readFile(upstream, path, manifests.commit)) ?? '';
  const content = addImages(before, await readStaging(staging, options));
  checkList(project, manifests.projects.get(project) ?? '', content);
  output.setExitCode(EXIT_CODE.done);

  const result = {
    path,
    commit: manifests.commit,
    patch: createTwoFilesPatch(`a/${path}`, `b/${path}`, before, content),
  };
  if (content === before) {
    note('No changes detected in the promoter images list, exiting without changes');
    return options.json === true ? writeJsonResult(output.stdout, { outcome: 'unchanged', ...result }) : undefined;
  }
  if (options.dryRun === true) {
    if (options.json === true) return writeJsonResult(output.stdout, { outcome: 'dry-run', ...result });
    output.stdout.write(result.patch);
    return;
  }
  const branch = `${options.project}-${options.tag[0]}-image-promotion`;
  const title = titleOf(options);
  if (!(await agreed(options, `Push changes to user's fork at ${fork.owner}/${fork.repo}?`))) return;
  await github.push(manifests, { fork, branch, path, content, message: title });
  if (!(await agreed(options, 'Create pull request?'))) return;
  const head = { owner: fork.owner, branch };
  const url = await github.openPullRequest(upstream, manifests.branch, head, { title, body: bodyOf(options) });
  note(`Successfully created PR: ${url}`);
  if (options.json === true) await writeJsonResult(output.stdout, { outcome: 'opened', url, ...result });
  else output.stdout.write(`${url}\n`);
}

function repositoryNamed(text: string, otherwise: string): GitHubName {
  const [owner = '', repo = otherwise, ...rest] = text.split('/');
  if (owner !== '' && repo !== '' && rest.length === 0) return { owner, repo };
  throw new PromoterError('UsageInvalid', `'${text}' is not the name of a repository on GitHub`);
}

/** The project whose manifest has the staging registry as its source. */
function projectOf(staging: string, { projects }: RemoteManifests): string {
  for (const [project, text] of projects) {
    const [outcome] = examine(project, text, '[]').outcomes;
    if (outcome?.manifest?.source === staging) return project;
  }
  throw new PromoterError('UsageInvalid', `could not find Manifest for "${staging}"`);
}

function checkList(project: string, manifest: string, images: string): void {
  const { problems } = examine(project, manifest, images);
  if (problems.length > 0) throw new ManifestError(problems);
}

function examine(project: string, manifest: string, images: string) {
  const files = [
    { path: `manifests/${project}/promoter-manifest.yaml`, text: manifest },
    { path: `images/${project}/images.yaml`, text: images },
  ];
  return examineBundle({ kind: 'thin', files });
}

async function readStaging(staging: string, options: PrOptions): Promise<Snapshot> {
  parseRepository(`${staging}/image`);
  const { tag, image, digests } = options;
  const registry = openRegistry(await loadConfig(options), process.env);
  try {
    const { images } = await readRegistry(registry, staging as RegistryName);
    return chooseImages(images, { tags: tag, images: image, digests });
  } finally {
    await registry.close();
  }
}

async function agreed({ interactive }: PrOptions, question: string): Promise<boolean> {
  if (interactive !== true) return true;
  const dialogue = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return !/^n/i.test((await dialogue.question(`${question} (Y/n) `)).trim());
  } finally {
    dialogue.close();
  }
}

function titleOf({ project, tag }: PrOptions): string {
  const prefix = project === 'kubernetes' ? 'releng: ' : '';
  return `${prefix}Image promotion for ${project} ${tag.join(' / ')}`;
}

function bodyOf(options: PrOptions): string {
  const { project, stagingRepo, tag, fork, image, digests, reviewers } = options;
  const args = [
    `--fork ${fork}`,
    ...(project === 'kubernetes' ? [] : [`--project ${project}`]),
    ...(stagingRepo === undefined ? [] : [`--staging-repo ${stagingRepo}`]),
    ...tag.map((one) => `--tag ${one}`),
    ...image.map((one) => `--image ${one}`),
    ...digests.map((one) => `--digests ${one}`),
  ];
  return `Image promotion for ${project} ${tag.join(' / ')}
This is an automated PR, made by
\`\`\`
promoter pr ${args.join(' ')}
\`\`\`

/hold
cc: ${reviewers}
`;
}
