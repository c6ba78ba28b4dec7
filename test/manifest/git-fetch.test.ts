import assert from 'node:assert/strict';
import { fetchManifests } from '../../src/manifest/git-fetch.ts';
import type { GitSource } from '../../src/manifest/git-source.ts';
import { startGitTree, type GitTree } from '../support/git-tree.ts';

describe('fetching manifests from a repository of this machine', () => {
  let tree: GitTree;
  let commit: string;
  before(async () => {
    tree = await startGitTree();
    commit = await tree.commit({ 'k8s/images/a/images.yaml': '[]', 'plain/manifest.yaml': 'text' });
  });
  after(() => tree.remove());

  const fetch = (change: Partial<GitSource>, signal?: AbortSignal) =>
    fetchManifests(
      { url: `file://${tree.root}`, ref: 'main', ...change },
      { schemes: ['file'], ...(signal === undefined ? {} : { signal }) },
    );

  it('brings a folder or a file, and says of which commit', async () => {
    const thin = await fetch({ thinManifestDir: 'k8s' });
    assert.equal(thin.commit, commit);
    assert.deepEqual(
      thin.bundle.files.map(({ path }) => path),
      ['images/a/images.yaml'],
    );
    const { bundle } = await fetch({ manifest: 'plain/manifest.yaml', ref: commit });
    assert.deepEqual(bundle, { kind: 'plain', files: [{ path: 'manifest.yaml', text: 'text' }] });
  });

  it('says what is missing', async () => {
    const short = commit.slice(0, 8);
    for (const [change, message] of [
      [{ thinManifestDir: 'k9s' }, /has no thin manifests in k9s in [0-9a-f]{40}/],
      [{ thinManifestDir: '.' }, /has no thin manifests in \. in/],
      [{ manifest: 'no.yaml' }, /has no file no\.yaml in/],
      [{ manifest: 'no.yaml', ref: 'other' }, /fetching other from file:.*find remote ref other$/],
      [{ manifest: 'no.yaml', ref: short }, /named by all its 40 digits$/],
      [{ url: 'file:///does-not-exist' }, /fetching main from file:\/\/\/does-not-exist: /],
      [{ url: 'https://git.test/repo' }, /https is not allowed here; PROMOTER_GIT_SCHEMES/],
    ] as const) {
      await assert.rejects(fetch(change), { code: 'RequestInvalid', message });
    }
  });

  it('ends when it is told to', async () => {
    await assert.rejects(fetch({ thinManifestDir: 'k8s' }, AbortSignal.abort(new Error('stop'))), /stop/);
  });
});
