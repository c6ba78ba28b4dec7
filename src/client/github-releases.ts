import { Readable } from 'node:stream';
import { PromoterError } from '../errors.ts';
import { isSha256, type Sha256 } from '../files/sha256.ts';
import { attempt, openOctokit, unlessMissing } from './github-call.ts';
import type { GitHubName } from './github.ts';

/** A file of a release. */
export interface ReleaseAsset {
  readonly id: number;
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** As GitHub computed it; it did not before June 2025. */
  readonly sha256?: Sha256;
}

export interface Release {
  readonly tag: string;
  readonly assets: readonly ReleaseAsset[];
}

/** Which releases are meant: those of these tags, or all but drafts. */
export interface ReleaseChoice {
  readonly tags: readonly string[];
  /** Pre-releases as well, where no tags are named. */
  readonly includePrereleases: boolean;
}

/** Releases of repositories on GitHub. Every call throws PromoterError `GitHubRefused`. */
export interface GitHubReleases {
  /** @throws PromoterError `UsageInvalid` when there is no release of a tag */
  list(repository: GitHubName, choice: ReleaseChoice): Promise<readonly Release[]>;
  /** The content of an asset, from its beginning. */
  read(repository: GitHubName, asset: ReleaseAsset, signal: AbortSignal): Promise<Readable>;
}

const PER_PAGE = 100;

/** Opens releases by GitHub's API. It makes no request by itself. @param token empty for none */
export function openReleases(token: string, baseUrl = 'https://api.github.com'): GitHubReleases {
  const octokit = openOctokit(token, baseUrl);

  /** All items of a list that comes in pages. */
  async function all<T>(page: (page: number) => Promise<readonly T[]>): Promise<readonly T[]> {
    const items: T[] = [];
    for (let number = 1; ; number++) {
      const more = await page(number);
      items.push(...more);
      if (more.length < PER_PAGE) return items;
    }
  }

  async function assetsOf({ owner, repo }: GitHubName, id: number): Promise<readonly ReleaseAsset[]> {
    const assets = await all(async (page) => {
      const parameters = { owner, repo, release_id: id, per_page: PER_PAGE, page };
      return (await octokit.request('GET /repos/{owner}/{repo}/releases/{release_id}/assets', parameters)).data;
    });
    return assets
      .filter(({ state }) => state === 'uploaded')
      .map(({ id, name, size, digest }) => {
        const hash = digest?.replace('sha256:', '') ?? '';
        return { id, name, size, ...(isSha256(hash) ? { sha256: hash } : {}) };
      });
  }

  async function releaseOf({ owner, repo }: GitHubName, tag: string): Promise<{ id: number; tag_name: string }> {
    const found = await unlessMissing(`read the release ${tag} of ${owner}/${repo}`, () =>
      octokit.request('GET /repos/{owner}/{repo}/releases/tags/{tag}', { owner, repo, tag }),
    );
    if (found === undefined) throw new PromoterError('UsageInvalid', `${owner}/${repo} has no release ${tag}`);
    return found.data;
  }

  return {
    list: (repository, { tags, includePrereleases }) =>
      attempt(`list the releases of ${repository.owner}/${repository.repo}`, async () => {
        const { owner, repo } = repository;
        const chosen =
          tags.length > 0
            ? await Promise.all([...new Set(tags)].map((tag) => releaseOf(repository, tag)))
            : (
                await all(async (page) => {
                  const parameters = { owner, repo, per_page: PER_PAGE, page };
                  return (await octokit.request('GET /repos/{owner}/{repo}/releases', parameters)).data;
                })
              ).filter(({ draft, prerelease }) => !draft && (includePrereleases || !prerelease));
        const releases: Release[] = [];
        for (const { id, tag_name: tag } of chosen) releases.push({ tag, assets: await assetsOf(repository, id) });
        return releases;
      }),
    read: ({ owner, repo }, { id, name }, signal) =>
      attempt(`read ${name} of ${owner}/${repo}`, async () => {
        const { data } = await octokit.request('GET /repos/{owner}/{repo}/releases/assets/{asset_id}', {
          owner,
          repo,
          asset_id: id,
          headers: { accept: 'application/octet-stream' },
          request: { parseSuccessResponseBody: false, signal },
        });
        return Readable.fromWeb(data as unknown as Parameters<typeof Readable.fromWeb>[0]);
      }),
  };
}
