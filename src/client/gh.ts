import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pMap from 'p-map';
import { PromoterError } from '../errors.ts';
import { nameProblem } from '../file-address.ts';
import type { Bucket } from '../files/bucket.ts';
import { createBuckets, type Buckets } from '../files/buckets.ts';
import { sha256Of, type Sha256 } from '../files/sha256.ts';
import { readReleaseSettings, type ReleaseSettings } from '../release-settings.ts';
import { EXIT_CODE } from './exit-code.ts';
import type { GhOptions } from './gh-command.ts';
import { openReleases, type GitHubReleases, type ReleaseAsset } from './github-releases.ts';
import { listenForInterruption } from './interruption.ts';
import { writeJsonResult } from './json-result.ts';
import type { CommandOutput } from './output.ts';
import { downloadAsset } from './release-download.ts';

/** What became of a file. `conflict`: the bucket has another one of that name, which stays. */
type FileState = 'copied' | 'present' | 'conflict' | 'downloaded' | 'would copy';

/** A file of a release, and where it belongs. */
interface ReleaseFile {
  readonly settings: ReleaseSettings;
  readonly asset: ReleaseAsset;
  /** Below the folder of the release. */
  readonly name: string;
  /** Absent where nothing is copied. */
  readonly bucket?: Bucket;
}

interface FileOutcome {
  readonly file: string;
  readonly state: FileState;
}

interface CopyOptions {
  readonly folder: string;
  /** Leave what was downloaded. */
  readonly keep: boolean;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

type Environment = Readonly<Record<string, string | undefined>>;

const FILES_AT_ONCE = 4;

/**
 * Copies the files of releases on GitHub to buckets, whole or not at all, each compared with what GitHub says of it.
 *
 * @throws PromoterError `UsageInvalid`, `ConfigInvalid`, `GitHubRefused`, `DigestMismatch`, `Bucket*`
 */
export async function runGh(options: GhOptions, environment: Environment, output: CommandOutput): Promise<void> {
  const wanted = await settingsOf(options);
  const { GITHUB_TOKEN: token = '', GITHUB_API_URL: address } = environment;
  const releases = openReleases(token, address);
  const buckets = options.downloadOnly === true ? undefined : createBuckets(environment);
  const files = (await pMap(wanted, (settings) => filesOf(releases, settings, buckets), { concurrency: 1 })).flat();
  const outcomes = await copyAll(releases, files, options, output);
  if (outcomes === undefined) return;
  const conflicts = outcomes.filter(({ state }) => state === 'conflict').length;
  const exitCode = conflicts === 0 ? EXIT_CODE.done : EXIT_CODE.quarantined;
  output.setExitCode(exitCode);
  if (options.json === true) {
    await writeJsonResult(
      output.stdout,
      { outcome: conflicts === 0 ? 'done' : 'conflict', exitCode },
      { files: outcomes },
    );
    return;
  }
  for (const { file, state } of outcomes) output.stdout.write(`${state}: ${file}\n`);
  if (conflicts > 0) output.stderr.write(`${conflicts} files are there with other content; they were not replaced\n`);
}

async function settingsOf(options: GhOptions): Promise<readonly ReleaseSettings[]> {
  const { config, org = '', repo = '', bucket = '', downloadOnly, outputDir } = options;
  if (downloadOnly === true && outputDir === undefined) {
    throw new PromoterError('UsageInvalid', 'when download-only flag is set you need to specify the output-dir');
  }
  if (config !== undefined) return readReleaseSettings(config);
  const required = { org, repo, ...(downloadOnly === true ? {} : { bucket }) };
  const missing = Object.entries(required).filter(([, value]) => value === '');
  if (missing.length > 0) {
    const names = missing.map(([name]) => name).join(', ');
    throw new PromoterError('UsageInvalid', `Required flag(s) \`${names}\` not set`);
  }
  const { tags, includePrereleases = false, releaseDir = `${org}/${repo}` } = options;
  return [{ org, repo, bucket, tags, includePrereleases, releaseDir }];
}

async function filesOf(
  releases: GitHubReleases,
  settings: ReleaseSettings,
  buckets: Buckets | undefined,
): Promise<readonly ReleaseFile[]> {
  const { org: owner, repo, bucket, releaseDir } = settings;
  const address = /^[a-z0-9]+:\/\//.test(bucket) ? bucket : `gs://${bucket}`;
  const base = `${address.replace(/\/+$/, '')}/${releaseDir}`;
  const target = await buckets?.open(base);
  return (await releases.list({ owner, repo }, settings)).flatMap(({ tag, assets }) =>
    assets.map((asset): ReleaseFile => {
      const name = `${tag}/${asset.name}`;
      const problem = nameProblem(name);
      if (problem !== undefined) {
        throw new PromoterError(
          'UsageInvalid',
          `${owner}/${repo} has a file '${name}' that cannot be copied: ${problem}`,
        );
      }
      return { settings, asset, name, ...(target === undefined ? {} : { bucket: target }) };
    }),
  );
}

/** @returns nothing when somebody asked to end */
async function copyAll(
  releases: GitHubReleases,
  files: readonly ReleaseFile[],
  { outputDir, dryRun }: GhOptions,
  output: CommandOutput,
): Promise<readonly FileOutcome[] | undefined> {
  const interruption = listenForInterruption();
  const { signal } = interruption;
  const folder = outputDir === undefined ? await mkdtemp(join(tmpdir(), 'promoter-gh-')) : resolve(outputDir);
  try {
    const how = { folder, keep: outputDir !== undefined, dryRun: dryRun === true, signal };
    const copy = (file: ReleaseFile) => copyFile(releases, file, how);
    return await pMap(files, copy, { concurrency: FILES_AT_ONCE, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    output.setExitCode(interruption.exitCode());
    return undefined;
  } finally {
    interruption.close();
    if (outputDir === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function copyFile(
  releases: GitHubReleases,
  { settings: { org: owner, repo }, asset, name, bucket }: ReleaseFile,
  { folder, keep, dryRun, signal }: CopyOptions,
): Promise<FileOutcome> {
  const local = join(folder, owner, repo, name);
  const file = bucket === undefined ? local : `${bucket.base}${name}`;
  const there = bucket === undefined ? undefined : await hashIn(bucket, name, signal);
  if (there !== undefined && asset.sha256 !== undefined) {
    return { file, state: there === asset.sha256 ? 'present' : 'conflict' };
  }
  if (dryRun) return { file, state: 'would copy' };
  const { sha256 } = await downloadAsset(releases, { owner, repo }, asset, local, signal);
  if (bucket === undefined) return { file, state: 'downloaded' };
  try {
    if (there !== undefined) return { file, state: there === sha256 ? 'present' : 'conflict' };
    const content = { size: asset.size, sha256, open: async () => createReadStream(local) };
    await bucket.write(name, content, 'nothing', { signal });
    return { file, state: 'copied' };
  } finally {
    if (!keep) await rm(local, { force: true });
  }
}

/** The hash of a file in a bucket, read where the bucket does not know it; undefined when there is no such file. */
async function hashIn(bucket: Bucket, name: string, signal: AbortSignal): Promise<Sha256 | undefined> {
  const found = await bucket.stat(name, { signal });
  if (found === undefined) return undefined;
  return found.sha256 ?? sha256Of(await bucket.read(found, { signal }));
}
