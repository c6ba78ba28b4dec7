import assert from 'node:assert/strict';
import { join } from 'node:path';
import { findManifests } from '../../src/manifest/manifest-search.ts';
import { withTree } from './written-tree.ts';

describe('finding manifests', () => {
  it('takes a file for a plain manifest, whether it is there or not', async () => {
    assert.deepEqual(await findManifests('no/such'), [{ kind: 'plain', path: 'no/such' }]);
  });

  it('finds both kinds below a directory', async () => {
    const files = {
      'b/images/': '',
      'b/manifests/x/manifest.yaml': '',
      'a/manifest.yaml': '',
      'a/other.yaml': '',
      '.git/manifest.yaml': '',
    };
    await withTree(files, async (root) => {
      assert.deepEqual(await findManifests(root), [
        { kind: 'plain', path: join(root, 'a/manifest.yaml') },
        { kind: 'thin', directory: join(root, 'b') },
      ]);
      assert.deepEqual(await findManifests(join(root, 'b')), [{ kind: 'thin', directory: join(root, 'b') }]);
    });
  });

  it('takes a directory without any for a thin one', async () => {
    await withTree({ 'manifests/': '' }, async (directory) => {
      assert.deepEqual(await findManifests(directory), [{ kind: 'thin', directory }]);
    });
  });
});
