import { Octokit } from '@octokit/core';
import { messageOf, PromoterError } from '../errors.ts';
import { packageVersion } from '../version.ts';

/** GitHub's API; without a token it answers what everybody may read. */
export function openOctokit(token: string, baseUrl: string): Octokit {
  const userAgent = `image-promoter/${packageVersion()}`;
  return new Octokit({ ...(token === '' ? {} : { auth: token }), baseUrl, userAgent });
}

/** What a call answers, or undefined for 404. @throws PromoterError `GitHubRefused` */
export async function unlessMissing<T>(doing: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (thrown) {
    if (statusOf(thrown) === 404) return undefined;
    throw failure(doing, thrown);
  }
}

/** Runs a call. @param doing what it is for, as the message says it. @throws PromoterError `GitHubRefused` */
export async function attempt<T>(doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    throw thrown instanceof PromoterError ? thrown : failure(doing, thrown);
  }
}

function failure(doing: string, thrown: unknown): PromoterError {
  const status = statusOf(thrown);
  const answered = status === undefined ? '' : ` ${status}`;
  const advice =
    status === 401 || status === 403 || status === 404 ? '. Check GITHUB_TOKEN and what it may do there' : '';
  return new PromoterError(
    'GitHubRefused',
    `could not ${doing}: GitHub answered${answered}: ${messageOf(thrown)}${advice}`,
    {
      cause: thrown,
    },
  );
}

/** The HTTP status in what a call threw. */
export function statusOf(thrown: unknown): number | undefined {
  const status = (thrown as { readonly status?: unknown } | null)?.status;
  return typeof status === 'number' ? status : undefined;
}
