import assert from 'node:assert/strict';
import { openGitHubProofs, type GitHubProofs } from '../../src/gate/github-proof.ts';
import { reply, startHttpHost, type HttpHost } from '../registry/http-host.ts';

const COMMIT = { repository: 'kubernetes/k8s.io', commit: 'c'.repeat(40) };
const PULL = {
  number: 7,
  html_url: 'https://github.com/kubernetes/k8s.io/pull/7',
  user: { login: 'author' },
  head: { sha: 'head' },
};

function review(login: string, state: string, change: object = {}): object {
  const html_url = `${PULL.html_url}#${login}`;
  return { user: { login }, state, html_url, commit_id: 'head', author_association: 'MEMBER', ...change };
}

describe('proof of an approval on GitHub', () => {
  let host: HttpHost;
  let proofs: GitHubProofs;
  let answers: Record<string, object>;

  before(async () => {
    host = await startHttpHost(({ path, headers }, response) => {
      if (headers.authorization !== 'token secret') return reply(response, 401, {}, { message: 'Bad credentials' });
      const answer = answers[path.split('?')[0] ?? ''];
      const type = { 'content-type': 'application/json' };
      return answer === undefined
        ? reply(response, 404, type, { message: 'Not Found' })
        : reply(response, 200, type, answer);
    });
    proofs = openGitHubProofs('secret', host.origin);
  });
  after(() => host.close());
  beforeEach(() => (answers = {}));

  const withReviews = async (reviews: readonly object[], pulls: readonly object[] = [PULL]) => {
    const repository = `/repos/${COMMIT.repository}`;
    answers[`${repository}/commits/${COMMIT.commit}/pulls`] = pulls;
    answers[`${repository}/pulls/7/reviews`] = reviews;
    return proofs.review(COMMIT);
  };

  it('is an approving review of the last commit by somebody else who may write', async () => {
    assert.deepEqual(await withReviews([review('jane', 'APPROVED')]), {
      approved: true,
      by: 'jane',
      proof: `${PULL.html_url}#jane`,
    });
  });

  it('is the last word of a reviewer, whatever is commented later', async () => {
    const approvedThenCommented = await withReviews([review('jane', 'APPROVED'), review('jane', 'COMMENTED')]);
    assert.equal(approvedThenCommented.approved, true);
    const takenBack = await withReviews([review('jane', 'APPROVED'), review('jane', 'CHANGES_REQUESTED')]);
    assert.equal(takenBack.approved, false);
    const against = await withReviews([review('jane', 'APPROVED'), review('joe', 'CHANGES_REQUESTED')]);
    assert.equal(against.approved, false);
  });

  it('is no review by its author, by anybody, of an earlier commit, or that was dismissed', async () => {
    for (const one of [
      review('author', 'APPROVED'),
      review('stranger', 'APPROVED', { author_association: 'CONTRIBUTOR' }),
      review('jane', 'APPROVED', { commit_id: 'earlier' }),
      review('jane', 'DISMISSED'),
      review('ghost', 'APPROVED', { user: null }),
    ]) {
      const proof = await withReviews([one]);
      assert.ok(!proof.approved && /pull\/7 has no approving review of its last commit/.test(proof.why));
    }
  });

  it('is not there where no pull request has the commit', async () => {
    const proof = await withReviews([], []);
    assert.ok(!proof.approved && /no pull request of kubernetes\/k8s\.io has the commit/.test(proof.why));
  });

  it('is a signature of the commit that GitHub verifies', async () => {
    const path = `/repos/${COMMIT.repository}/commits/${COMMIT.commit}`;
    const commit = { html_url: 'https://github.com/c', author: { login: 'jane' }, committer: null };
    answers[path] = { ...commit, commit: { verification: { verified: true, reason: 'valid' } } };
    assert.deepEqual(await proofs.signature(COMMIT), { approved: true, by: 'jane', proof: 'https://github.com/c' });
    answers[path] = { ...commit, commit: { verification: { verified: false, reason: 'unknown_key' } } };
    const refused = await proofs.signature(COMMIT);
    assert.ok(!refused.approved && /not verified: unknown_key/.test(refused.why));
    answers[path] = { ...commit, commit: {} };
    assert.equal((await proofs.signature(COMMIT)).approved, false);
  });

  it('is an error that says what to look at when GitHub refuses', async () => {
    await assert.rejects(proofs.review(COMMIT), { code: 'GitHubRefused', message: /Not Found; may GITHUB_TOKEN/ });
    const others = openGitHubProofs('wrong', host.origin);
    await assert.rejects(others.signature(COMMIT), { code: 'GitHubRefused', message: /Bad credentials/ });
  });
});
