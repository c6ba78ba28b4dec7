import { Octokit } from '@octokit/core';
import { PromoterError } from '../errors.ts';
import { packageVersion } from '../version.ts';
import { refusal, secureUrl } from './json-post.ts';
import type { LinkedNotification, NotificationEvent } from './notification.ts';
import { titleOf } from './notification.ts';
import type { SecretReader } from './secret.ts';
import type { GitHubTarget } from './target.ts';

const TIMEOUT_MS = 30_000;
const API = 'https://api.github.com';

/** GitHub cuts nothing: it refuses what is longer. */
const LONGEST_DESCRIPTION = 140;

const STATES: Readonly<Partial<Record<NotificationEvent, 'pending' | 'success' | 'failure' | 'error'>>> = {
  held: 'pending',
  'awaiting-approval': 'pending',
  done: 'success',
  'dry-run': 'success',
  quarantined: 'failure',
  failed: 'error',
};

/**
 * Sets the status of the run's commit (https://docs.github.com/rest/commits/statuses). A run without a full commit hash,
 * and an event that is not about a commit, have none: nothing is done.
 *
 * @throws PromoterError `NotificationFailed`, `NotificationRefused`, `ConfigInvalid`
 */
export async function sendCommitStatus(
  target: GitHubTarget,
  notification: LinkedNotification,
  secrets: SecretReader,
): Promise<void> {
  const { commit = '', event, link } = notification;
  const state = STATES[event];
  if (state === undefined || !/^[0-9a-f]{40}$/.test(commit)) return;
  const [owner = '', repo = ''] = target.repository.split('/');
  const baseUrl = (target.baseUrl ?? API).replace(/\/+$/, '');
  const { host } = secureUrl(baseUrl);
  const octokit = new Octokit({
    auth: await secrets(target.token, 'the token'),
    baseUrl,
    userAgent: `image-promoter/${packageVersion()}`,
  });
  try {
    const answer = await octokit.request('POST /repos/{owner}/{repo}/statuses/{sha}', {
      owner,
      repo,
      sha: commit,
      state,
      context: event === 'dry-run' ? `${contextOf(target)} (dry run)` : contextOf(target),
      description: titleOf(notification).slice(0, LONGEST_DESCRIPTION),
      ...(link === undefined ? {} : { target_url: link }),
      request: { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) },
    });
    // Wherever a redirect leads, the token was not meant for it.
    if ((answer.status as number) >= 300) throw refusal(host, answer.status);
  } catch (error) {
    if (error instanceof PromoterError) throw error;
    // The error carries the request with its headers, so it is no cause.
    const { status } = error as { readonly status?: unknown };
    if (typeof status === 'number' && status > 0) throw refusal(host, status);
    throw new PromoterError('NotificationFailed', `${host} could not be reached`);
  }
}

function contextOf({ context = 'image-promoter' }: GitHubTarget): string {
  return context;
}
