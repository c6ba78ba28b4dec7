import type { Octokit } from '@octokit/core';
import { attempt, openOctokit, unlessMissing } from './github-call.ts';

/** A repository on GitHub. */
export interface GitHubName {
  readonly owner: string;
  readonly repo: string;
}

/** The head of a repository's default branch, and the manifests in a folder of it. */
export interface RemoteManifests {
  readonly branch: string;
  readonly commit: string;
  readonly tree: string;
  /** Text of `manifests/<project>/promoter-manifest.yaml`, by project. */
  readonly projects: ReadonlyMap<string, string>;
}

/** A change of one file, to be proposed. */
export interface Proposal {
  readonly fork: GitHubName;
  readonly branch: string;
  readonly path: string;
  readonly content: string;
  readonly message: string;
}

/** What asking for a promotion takes of GitHub. Every call throws PromoterError `GitHubRefused`. */
export interface GitHub {
  readManifests(repository: GitHubName, directory: string): Promise<RemoteManifests>;
  /** @returns undefined when there is no such file */
  readFile(repository: GitHubName, path: string, commit: string): Promise<string | undefined>;
  /** Commits on top of the manifests that were read, and points the fork's branch there. */
  push(base: RemoteManifests, proposal: Proposal): Promise<void>;
  /** Opens a pull request, or finds the one that is open for the branch. @returns its address */
  openPullRequest(
    repository: GitHubName,
    base: string,
    head: { readonly owner: string; readonly branch: string },
    text: { readonly title: string; readonly body: string },
  ): Promise<string>;
}

interface Tree<T> {
  readonly entries: readonly { readonly name: string; readonly object: T | null }[];
}

interface ManifestsAnswer {
  readonly repository: {
    readonly defaultBranchRef: { readonly name: string; readonly target: { oid: string; tree: { oid: string } } };
    readonly object: Tree<Partial<Tree<{ readonly text?: string }>>> | null;
  };
}

/** One request for all manifests, where the REST API takes one for each. */
const MANIFESTS_QUERY = `query ($owner: String!, $repo: String!, $folder: String!) {
  repository(owner: $owner, name: $repo) {
    defaultBranchRef { name target { oid ... on Commit { tree { oid } } } }
    object(expression: $folder) {
      ... on Tree { entries { name object { ... on Tree { entries { name object { ... on Blob { text } } } } } } }
    }
  }
}`;

/** Opens GitHub's API. It makes no request by itself. */
export function openGitHub(token: string, baseUrl = 'https://api.github.com'): GitHub {
  const octokit = openOctokit(token, baseUrl);
  return {
    async readManifests({ owner, repo }, directory) {
      const folder = `HEAD:${directory}/manifests`;
      const answer = await attempt(`read the manifests of ${owner}/${repo}`, () =>
        octokit.graphql<ManifestsAnswer>(MANIFESTS_QUERY, { owner, repo, folder }),
      );
      const { defaultBranchRef, object } = answer.repository;
      const { name: branch, target } = defaultBranchRef;
      return { branch, commit: target.oid, tree: target.tree.oid, projects: projectsIn(object?.entries ?? []) };
    },

    async readFile({ owner, repo }, path, commit) {
      const found = await unlessMissing(`read ${path} of ${owner}/${repo}`, () =>
        octokit.request('GET /repos/{owner}/{repo}/contents/{+path}', {
          owner,
          repo,
          path,
          ref: commit,
          headers: { accept: 'application/vnd.github.raw+json' },
        }),
      );
      return found === undefined ? undefined : textOf(found.data);
    },

    push: ({ commit, tree }, proposal) =>
      attempt(`push to ${proposal.fork.owner}/${proposal.fork.repo}`, () => push(octokit, { commit, tree }, proposal)),

    async openPullRequest({ owner, repo }, base, { owner: forkOwner, branch }, { title, body }) {
      return attempt(`open a pull request in ${owner}/${repo}`, async () => {
        const head = `${forkOwner}:${branch}`;
        const open = await octokit.request('GET /repos/{owner}/{repo}/pulls', { owner, repo, head, state: 'open' });
        const known = open.data[0];
        if (known !== undefined) return known.html_url;
        const made = await octokit.request('POST /repos/{owner}/{repo}/pulls', {
          owner,
          repo,
          title,
          body,
          head,
          base,
        });
        return made.data.html_url;
      });
    },
  };
}

async function push(
  octokit: Octokit,
  base: { readonly commit: string; readonly tree: string },
  { fork: { owner, repo }, branch, path, content, message }: Proposal,
): Promise<void> {
  const tree = await octokit.request('POST /repos/{owner}/{repo}/git/trees', {
    owner,
    repo,
    base_tree: base.tree,
    tree: [{ path, mode: '100644', type: 'blob', content }],
  });
  const commit = await octokit.request('POST /repos/{owner}/{repo}/git/commits', {
    owner,
    repo,
    message,
    tree: tree.data.sha,
    parents: [base.commit],
  });
  const { sha } = commit.data;
  const ref = `heads/${branch}`;
  const known = await unlessMissing(`find the branch ${branch}`, () =>
    octokit.request('GET /repos/{owner}/{repo}/git/ref/{+ref}', { owner, repo, ref }),
  );
  if (known === undefined) {
    await octokit.request('POST /repos/{owner}/{repo}/git/refs', { owner, repo, ref: `refs/${ref}`, sha });
    return;
  }
  await octokit.request('PATCH /repos/{owner}/{repo}/git/refs/{+ref}', { owner, repo, ref, sha, force: true });
}

function projectsIn(entries: Tree<Partial<Tree<{ readonly text?: string }>>>['entries']): ReadonlyMap<string, string> {
  return new Map(
    entries.flatMap(({ name, object }) => {
      const file = object?.entries?.find((entry) => entry.name === 'promoter-manifest.yaml');
      return file?.object?.text === undefined ? [] : [[name, file.object.text]];
    }),
  );
}

/** A raw answer: text where its type names a character set, else bytes. */
function textOf(data: unknown): string {
  return typeof data === 'string' ? data : new TextDecoder().decode(data as ArrayBuffer);
}
