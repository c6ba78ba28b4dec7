import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, PromoterError } from '../errors.ts';
import { sha256Of, type Sha256 } from '../files/sha256.ts';
import { statusOf } from './github-call.ts';
import type { GitHubReleases, ReleaseAsset } from './github-releases.ts';
import type { GitHubName } from './github.ts';

/** An asset on disk, whole. */
export interface Downloaded {
  readonly file: string;
  readonly sha256: Sha256;
}

/** Pauses before another try, in milliseconds. */
const PAUSES: readonly number[] = [1_000, 4_000];

/**
 * Downloads an asset to a file, which is there under its name only when it is whole; one that is there already and is what
 * GitHub says is left as it is.
 *
 * @throws PromoterError `GitHubRefused`, `DigestMismatch` when size or hash are other than GitHub says; or the signal's reason
 */
export async function downloadAsset(
  releases: Pick<GitHubReleases, 'read'>,
  repository: GitHubName,
  asset: ReleaseAsset,
  file: string,
  signal: AbortSignal,
): Promise<Downloaded> {
  const there = await hashOf(file);
  if (there !== undefined && there === asset.sha256) return { file, sha256: there };
  await mkdir(dirname(file), { recursive: true });
  for (let tries = 0; ; tries++) {
    try {
      return await download(releases, repository, asset, file, signal);
    } catch (error) {
      signal.throwIfAborted();
      const pause = PAUSES[tries];
      if (pause === undefined || !mayPass(error)) throw readFailure(error, asset);
      await sleep(pause, undefined, { signal });
    }
  }
}

/** Whether another try may go well: the connection broke, or GitHub had trouble of its own. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof PromoterError)) return true;
  const status = statusOf(error.cause);
  return error.code === 'GitHubRefused' && (status === undefined || status >= 500);
}

async function download(
  releases: Pick<GitHubReleases, 'read'>,
  repository: GitHubName,
  asset: ReleaseAsset,
  file: string,
  signal: AbortSignal,
): Promise<Downloaded> {
  const partial = `${file}.part`;
  try {
    await pipeline(await releases.read(repository, asset, signal), createWriteStream(partial), { signal });
    const { size } = await stat(partial);
    const sha256 = await sha256Of(createReadStream(partial));
    if (size !== asset.size || (asset.sha256 !== undefined && asset.sha256 !== sha256)) {
      throw new PromoterError(
        'DigestMismatch',
        `${asset.name} of ${repository.owner}/${repository.repo} is not what GitHub says of it: ${size} bytes with sha256 ${sha256}, ` +
          `not ${asset.size} with ${asset.sha256 ?? 'any'}; nothing of it was written. Try again, or look for a broken proxy`,
      );
    }
    await rename(partial, file);
    return { file, sha256 };
  } finally {
    await rm(partial, { force: true });
  }
}

async function hashOf(file: string): Promise<Sha256 | undefined> {
  try {
    return await sha256Of(createReadStream(file));
  } catch {
    return undefined;
  }
}

function readFailure(error: unknown, { name }: ReleaseAsset): PromoterError {
  if (error instanceof PromoterError) return error;
  return new PromoterError('GitHubRefused', `could not read ${name}: ${messageOf(error)}`, { cause: error });
}
