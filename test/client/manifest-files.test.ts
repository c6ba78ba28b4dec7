import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { manifestCommand } from '../../src/client/manifest-command.ts';
import { hashOf } from '../files/bucket-contract.ts';
import { withTree } from '../manifest/written-tree.ts';
import { captureOutput } from './captured-output.ts';

const STORES = 'filestores:\n- {base: gs://staging/, src: true}\n- {base: s3://prod/}\n';

async function run(...args: readonly string[]) {
  const { captured, output } = captureOutput();
  await manifestCommand(output).parseAsync(args, { from: 'user' });
  return captured;
}

function listing(...names: readonly string[]): string {
  return `files:\n${names.map((name) => `- name: ${name}\n  sha256: ${hashOf(name)}\n`).join('')}`;
}

describe('promoter manifest files', () => {
  const names = ['a/z', 'a.txt', 'b/1/x', 'b/10'];
  const tree = Object.fromEntries(names.map((name) => [name, name]));

  it('lists a folder as kpromo walks it, and what it prints is valid', async () => {
    await withTree(tree, async (root) => {
      await symlink(join(root, 'a.txt'), join(root, 'c'));
      const { stdout } = await run('files', '--src', root);
      assert.equal(stdout, `${listing(...names)}- name: c\n  sha256: ${hashOf('a.txt')}\n`);
    });
  });

  it('takes a prefix of the path, which need not be a folder', async () => {
    await withTree(tree, async (root) => {
      assert.equal((await run('files', '--src', root, '--prefix', 'b/1')).stdout, listing('b/1/x', 'b/10'));
      assert.equal((await run('files', '--src', root, '--prefix', 'none')).stdout, '{}\n');
    });
  });

  it('refuses what it cannot list', async () => {
    await withTree({ 'a\\b': '' }, async (root) => {
      await assert.rejects(run('files', '--src', root), /a\\b cannot stand in a file manifest/);
      await assert.rejects(run('files', '--src', join(root, 'none')), /cannot read .*none: ENOENT/);
      await symlink('nowhere', join(root, 'a'));
      await assert.rejects(run('files', '--src', root), /cannot read .*\/a: ENOENT/);
    });
  });
});

describe('promoter manifest validate, of files', () => {
  const tree = {
    'artifacts/filestores/p/filepromoter-manifest.yaml': STORES,
    'artifacts/manifests/p/1.yaml': listing('a'),
    'artifacts/manifests/p/2/b.yaml': listing('b', 'c'),
    'artifacts/manifests/p/OWNERS': 'approvers: [somebody]\n',
  };

  it('checks a directory of projects, wherever it is', async () => {
    await withTree(tree, async (root) => {
      const { stdout, stderr, exitCode } = await run('validate', root);
      const stores = join(root, 'artifacts/filestores/p/filepromoter-manifest.yaml');
      assert.equal(stdout, `${stores}: valid: 3 files from gs://staging/ to 1 filestore\n`);
      assert.equal(
        stderr,
        `${root}/artifacts/manifests/p/OWNERS: warning: skipped: its name is not that of YAML, and it lists no files\n`,
      );
      assert.equal(exitCode, 0);
    });
  });

  it('uses every argument after the filestores', async () => {
    const files = {
      's.yaml': STORES,
      'f/1.yaml': listing('a'),
      'f/2.yaml': listing('b'),
      '3.yaml': 'files:\n- name: c',
    };
    await withTree(files, async (root) => {
      const [stores, folder, last] = ['s.yaml', 'f', '3.yaml'].map((name) => join(root, name)) as [
        string,
        string,
        string,
      ];
      const good = await run('validate', '--json', stores, folder);
      assert.deepEqual(JSON.parse(good.stdout), {
        valid: true,
        manifests: [{ file: stores, valid: true, source: 'gs://staging/', destinations: ['s3://prod/'], files: 2 }],
        problems: [],
        warnings: [],
      });
      const bad = await run('validate', stores, folder, last);
      assert.deepEqual([bad.stdout, bad.exitCode], [`${stores}: invalid\n`, 2]);
      assert.equal(bad.stderr, `${last}:2: sha256 is required for file\n`);
    });
  });

  it('says what a directory lacks', async () => {
    const lone = { 'filestores/p/filepromoter-manifest.yaml': STORES, 'filestores/q/': '', 'manifests/r/x.yaml': '' };
    await withTree(lone, async (root) => {
      const { stderr, exitCode } = await run('validate', root);
      assert.match(stderr, /manifests\/p: cannot be read: ENOENT/);
      assert.match(stderr, /filestores\/q: warning: skipped: it has no filepromoter-manifest.yaml/);
      assert.match(stderr, /manifests\/r: warning: never promoted/);
      assert.equal(exitCode, 2);
    });
  });
});
