import assert from 'node:assert/strict';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findBaseSince, locateFolder, readCheckedOut, resolveCommit } from '../../src/manifest/git-history.ts';
import { readFileAt, readRevision } from '../../src/manifest/git-revision.ts';
import { runGit } from '../../src/manifest/git.ts';
import { startGitTree, type GitTree } from '../support/git-tree.ts';

const MANIFEST = 'k8s/manifests/a/promoter-manifest.yaml';

describe('manifests in git', () => {
  let tree: GitTree;
  beforeEach(async () => {
    tree = await startGitTree();
  });
  afterEach(() => tree.remove());

  it('are read as they were in a commit, links followed inside the folder', async () => {
    await tree.commit({ [MANIFEST]: 'first', 'k8s/images/a/images.yaml': '[]', 'k8s/images/a/OWNERS': 'somebody' });
    for (const [name, target] of [
      ['b', '../a/images.yaml'],
      ['out', '../../../outside.yaml'],
      ['loop', 'images.yaml'],
      ['gone', 'gone.yaml'],
    ] as const) {
      await tree.write({ [`k8s/images/${name}/OWNERS`]: 'somebody' });
      await symlink(target, join(tree.root, `k8s/images/${name}/images.yaml`));
    }
    const old = await tree.commit({ 'outside.yaml': 'secret', 'k8s/images/c/images.yaml': '\u00e9' });
    await tree.commit({ [MANIFEST]: 'second' });

    const folder = await locateFolder(join(tree.root, 'k8s'));
    assert.equal(folder.prefix, 'k8s/');
    const { kind, files } = await readRevision(folder, old);
    assert.equal(kind, 'thin');
    assert.deepEqual(
      files.map(({ path, text }) => [path, text]),
      [
        ['images/a/images.yaml', '[]'],
        ['images/b/images.yaml', '[]'],
        ['images/c/images.yaml', '\u00e9'],
        ['manifests/a/promoter-manifest.yaml', 'first'],
      ],
    );
  });

  it('are left out when they are no text, and are none where the folder was not there', async () => {
    const commit = await tree.commit({ 'k8s/images/a/images.yaml': '[]' });
    await tree.git('update-index', '--add', '--cacheinfo', `160000,${commit},k8s/images/b/images.yaml`);
    await tree.write({ 'k8s/images/c/images.yaml': '' });
    await writeFile(join(tree.root, 'k8s/images/c/images.yaml'), Buffer.of(0x63, 0xe9));
    await tree.git('add', 'k8s/images/c');
    await tree.git('commit', '-q', '-m', 'a submodule');
    const head = await resolveCommit({ topLevel: tree.root, prefix: '' }, 'HEAD');
    const { files } = await readRevision({ topLevel: tree.root, prefix: 'k8s/' }, head);
    assert.deepEqual(
      files.map(({ path }) => path),
      ['images/a/images.yaml'],
    );
    assert.deepEqual((await readRevision({ topLevel: tree.root, prefix: 'other/' }, head)).files, []);
  });

  it('are single files, too, but neither folders nor links', async () => {
    await tree.write({ 'plain/manifest.yaml': 'text' });
    await symlink('manifest.yaml', join(tree.root, 'plain/link.yaml'));
    const commit = await tree.commit({});
    const folder = { topLevel: tree.root, prefix: '' };
    assert.equal(await readFileAt(folder, commit, 'plain/manifest.yaml'), 'text');
    for (const path of ['plain/link.yaml', 'plain', 'missing.yaml']) {
      assert.equal(await readFileAt(folder, commit, path), undefined, path);
    }
  });

  it('have a state that is checked out, and may differ from it in the folder alone', async () => {
    const commit = await tree.commit({ [MANIFEST]: 'first', other: 'x' });
    const folder = await locateFolder(join(tree.root, 'k8s'));
    await tree.write({ other: 'y' });
    assert.deepEqual(await readCheckedOut(folder), { commit, modified: false });
    assert.deepEqual(await readCheckedOut(await locateFolder(tree.root)), { commit, modified: true });
    await tree.write({ 'k8s/new': 'x' });
    assert.deepEqual(await readCheckedOut(folder), { commit, modified: true });
  });

  it('have a base, which is the parent of the oldest commit since some time', async () => {
    const folder = { topLevel: tree.root, prefix: '' };
    const old = await tree.commit({ a: '1' }, '2020-01-01T00:00:00Z');
    assert.equal(await findBaseSince(folder, '2021-01-01'), 'unchanged');
    assert.equal(await findBaseSince(folder, '2019-01-01'), 'nothing');
    await tree.commit({ a: '2' }, '2022-01-01T00:00:00Z');
    await tree.commit({ a: '3' }, '2023-01-01T00:00:00Z');
    assert.deepEqual(await findBaseSince(folder, '2021-01-01'), { commit: old });
  });

  it('cannot be had of a commit or a folder that is not there, and why is said', async () => {
    await tree.commit({ a: '1' });
    await assert.rejects(resolveCommit({ topLevel: tree.root, prefix: '' }, 'v9'), {
      code: 'RequestInvalid',
      message: /has no commit v9; if it is a shallow clone/,
    });
    await assert.rejects(runGit(tree.root, ['ls-tree', 'v9']), {
      code: 'RequestInvalid',
      message: /running git ls-tree in .*Not a valid object name v9/,
    });
    await assert.rejects(runGit(tree.root, ['log'], { signal: AbortSignal.abort(new Error('stop')) }), /stop/);
  });

  it('are not those of a repository that a hook names', async () => {
    await tree.commit({ a: '1' });
    const other = await startGitTree();
    const before = process.env['GIT_DIR'];
    process.env['GIT_DIR'] = join(other.root, '.git');
    try {
      assert.equal((await runGit(tree.root, ['ls-tree', '--name-only', 'HEAD'])).toString(), 'a\n');
    } finally {
      if (before === undefined) delete process.env['GIT_DIR'];
      else process.env['GIT_DIR'] = before;
      await other.remove();
    }
  });

  it('take git', async () => {
    const before = process.env['PATH'];
    process.env['PATH'] = '/does-not-exist';
    try {
      await assert.rejects(runGit(tree.root, ['version']), { code: 'ProgramMissing', message: /install it/ });
    } finally {
      process.env['PATH'] = before;
    }
  });
});
