import { Octokit } from '@octokit/core';
import { messageOf, PromoterError } from '../errors.ts';
import { packageVersion } from '../version.ts';

/** Whether something proves that a commit was approved. */
export type Proof =
  | { readonly approved: true; readonly by: string; readonly proof: string }
  | { readonly approved: false; readonly why: string };

/** A commit of a repository on GitHub. */
export interface ProvedCommit {
  /** `owner/repository`. */
  readonly repository: string;
  readonly commit: string;
}

/** Asks GitHub for proof. Every call throws PromoterError `GitHubRefused`. */
export interface GitHubProofs {
  /** An approving review of a pull request with the commit, by somebody else who may write to the repository. */
  review(commit: ProvedCommit): Promise<Proof>;
  /** A signature of the commit that GitHub finds to be its author's. */
  signature(commit: ProvedCommit): Promise<Proof>;
}

interface Person {
  readonly login: string;
}
interface PullRequest {
  readonly number: number;
  readonly html_url: string;
  readonly user: Person | null;
  readonly head: { readonly sha: string };
  readonly merged_at: string | null;
}
interface Review {
  readonly user: Person | null;
  readonly state: string;
  readonly html_url: string;
  readonly commit_id: string | null;
  readonly author_association: string;
}
interface Commit {
  readonly html_url: string;
  readonly author: Person | null;
  readonly committer: Person | null;
  readonly commit: { readonly verification?: { readonly verified: boolean; readonly reason: string } };
}

/** Of those whom anybody may be; a review by others proves nothing (GitHub's `CommentAuthorAssociation`). */
const TRUSTED: ReadonlySet<string> = new Set(['OWNER', 'MEMBER', 'COLLABORATOR']);
/** Reviews that say something for or against; a comment leaves what its author said before. */
const DECISIVE: ReadonlySet<string> = new Set(['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED']);
const PAGE = 100;

/** Opens GitHub's API for questions of proof. It makes no request by itself. */
export function openGitHubProofs(token: string | undefined, baseUrl = 'https://api.github.com'): GitHubProofs {
  const octokit = new Octokit({
    baseUrl,
    userAgent: `image-promoter/${packageVersion()}`,
    ...(token === undefined ? {} : { auth: token }),
  });

  async function ask<T>(path: string): Promise<T> {
    try {
      return (await octokit.request(`GET ${path}`)).data as T;
    } catch (error) {
      throw new PromoterError(
        'GitHubRefused',
        `GET ${path} on GitHub: ${messageOf(error)}; may GITHUB_TOKEN of the worker read the repository?`,
        { cause: error },
      );
    }
  }

  async function reviewsOf(repository: string, number: number): Promise<readonly Review[]> {
    const all: Review[] = [];
    for (let page = 1; ; page++) {
      const found = await ask<Review[]>(`/repos/${repository}/pulls/${number}/reviews?per_page=${PAGE}&page=${page}`);
      all.push(...found);
      if (found.length < PAGE) return all;
    }
  }

  return {
    async review({ repository, commit }) {
      const pulls = await ask<PullRequest[]>(`/repos/${repository}/commits/${commit}/pulls?per_page=${PAGE}`);
      if (pulls.length === 0) return refused(`no pull request of ${repository} has the commit ${commit}`);
      for (const pull of pulls) {
        const approving = approvingReview(pull, await reviewsOf(repository, pull.number));
        if (approving?.user) return { approved: true, by: approving.user.login, proof: approving.html_url };
      }
      const addresses = pulls.map(({ html_url }) => html_url).join(', ');
      return refused(
        `${addresses} has no approving review of its last commit by somebody else who may write to ${repository}`,
      );
    },
    async signature({ repository, commit }) {
      const {
        html_url,
        author,
        committer,
        commit: details,
      } = await ask<Commit>(`/repos/${repository}/commits/${commit}`);
      const { verified = false, reason = 'unsigned' } = details.verification ?? {};
      if (!verified) return refused(`the signature of ${html_url} is not verified: ${reason}`);
      return { approved: true, by: author?.login ?? committer?.login ?? 'unknown', proof: html_url };
    },
  };
}

/** The last word of each reviewer counts, on what would be or was merged; nobody approves what is their own. */
function approvingReview({ user: author, head }: PullRequest, reviews: readonly Review[]): Review | undefined {
  const last = new Map<string, Review>();
  for (const review of reviews) if (review.user && DECISIVE.has(review.state)) last.set(review.user.login, review);
  const words = [...last.values()].filter((review) => TRUSTED.has(review.author_association));
  if (words.some(({ state }) => state === 'CHANGES_REQUESTED')) return undefined;
  return words.find(
    ({ state, user, commit_id }) => state === 'APPROVED' && user?.login !== author?.login && commit_id === head.sha,
  );
}

function refused(why: string): Proof {
  return { approved: false, why };
}
