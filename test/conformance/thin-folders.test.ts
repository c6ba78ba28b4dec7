import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { IMAGES, REGISTRIES } from '../manifest/sample-bundle.ts';
import { openCommandLine, type CommandLine } from './command-line.ts';
import { A, B, images, thin, without, createManifestTrial, type Files } from './manifest-trial.ts';

describe('E7–E11, E21: folders of manifests, offline', function () {
  this.timeout(60_000);
  let promoter: CommandLine;
  before(async () => (promoter = await openCommandLine()));
  after(() => promoter.close());

  const { parse, parseThin } = createManifestTrial(() => promoter);

  describe('E7: folders that are no thin directory', () => {
    for (const [what, files, message] of [
      [
        'without images/',
        without('images/p/images.yaml'),
        /^images: stat directory images: no such file or directory$/m,
      ],
      [
        'without manifests/',
        without('manifests/p/promoter-manifest.yaml'),
        /^manifests: stat directory manifests: no such file or directory$/m,
      ],
      [
        'without the images of a project',
        { ...without('images/p/images.yaml'), 'images/': '' },
        /corresponding file "images\/p\/images\.yaml" does not exist/,
      ],
      [
        'with a manifest too deep',
        thin({ 'manifests/p/q/promoter-manifest.yaml': REGISTRIES }),
        /unexpected manifest path "manifests\/p\/q\/promoter-manifest\.yaml"/,
      ],
      ['that are empty', { 'images/': '', 'manifests/': '' }, /no manifests found in dir: \./],
    ] as const) {
      it(`refuses those ${what}`, async () => {
        const { exit, lines } = await parseThin(files);
        assert.equal(exit, 2);
        assert.match(lines.join('\n'), message);
      });
    }

    it('refuses images that are no regular file', async () => {
      const files = { ...without('images/p/images.yaml'), 'images/p/images.yaml/': '' };
      const { exit, lines } = await parseThin(files);
      assert.equal(exit, 2);
      assert.match(lines.join('\n'), /corresponding file "images\/p\/images\.yaml" is not a regular file/);
    });

    it('skips, with a warning, a project without a manifest', async () => {
      const { exit, lines } = await parseThin(thin({ 'manifests/README.md': '', 'manifests/empty/README.md': '' }));
      assert.equal(exit, 0);
      assert.deepEqual(lines, ['manifests/empty: warning: skipped: it has no promoter-manifest.yaml']);
    });

    it('takes a manifest that is a symbolic link to another file of the folder', async () => {
      const link = async (root: string): Promise<void> => {
        await symlink('../../shared.yaml', join(root, 'manifests/p/promoter-manifest.yaml'));
      };
      const files = { ...without('manifests/p/promoter-manifest.yaml'), 'manifests/p/': '', 'shared.yaml': REGISTRIES };
      const { exit, stderr } = await parse(files, ['--thin-manifest-dir', '.'], link);
      assert.equal(exit, 0, stderr);
    });
  });

  it('E8: takes a folder however it is written', async () => {
    const files = Object.fromEntries(Object.entries(thin()).map(([path, text]) => [`a/b/${path}`, text]));
    for (const directory of ['a/b', 'a/b/', './a/b', 'a/../a/b//']) {
      const { exit, stderr } = await parse(files, ['--thin-manifest-dir', directory]);
      assert.equal(exit, 0, stderr);
    }
    assert.equal((await parseThin(thin())).exit, 0);
  });

  it('E9: warns of images that no manifest promotes', async () => {
    const { exit, lines } = await parseThin(thin({ 'images/orphan/images.yaml': IMAGES }));
    assert.equal(exit, 0);
    assert.match(
      lines.join('\n'),
      /^images\/orphan\/images\.yaml: warning: never promoted: there is no manifests\/orphan\//,
    );
  });

  describe('E10: edges to the same place', () => {
    const twice = (first: string, second: string): Files =>
      thin({
        'images/p/images.yaml': first,
        'manifests/q/promoter-manifest.yaml': REGISTRIES.replace('staging', 'staging2'),
        'images/q/images.yaml': second,
      });

    it('that say the same: one is used', async () => {
      const { exit, stdout } = await parseThin(twice(images(A, '["1"]'), images(A, '["1"]')));
      assert.equal(exit, 0);
      assert.equal(stdout, '4 files, 2 images, 2 digests, 2 edges to 2 registries\n');
    });

    it('with different digests: these are kept back, the others are not', async () => {
      const files = twice(images(A, '["1", "2"]'), images(B, '["1"]'));
      const { exit, stdout, stderr } = await parseThin(files);
      assert.equal(exit, 3);
      assert.match(stderr, /multiple edges want to promote \*different\* images \(digests\) to the same destination/);
      assert.match(stdout, /, 6 edges to /);
      assert.equal((await parseThin(files, '--strict')).exit, 1);
    });

    it('without tags: there is nothing to contradict', async () => {
      const { exit, lines } = await parseThin(twice(images(A, '[]'), images(B, '[]')));
      assert.deepEqual([exit, lines], [0, []]);
    });
  });

  it('E11: takes nested destinations and sources within one another', async () => {
    const registries =
      'registries:\n- {name: gcr.io/staging/sub, src: true}\n- name: eu.gcr.io/prod/some/nested/path\n';
    const files = thin({
      'manifests/q/promoter-manifest.yaml': registries,
      'images/q/images.yaml': images(B, '["1"]', 'some/pear'),
    });
    const { exit, stdout } = await parseThin(files);
    assert.equal(exit, 0);
    assert.equal(stdout, '4 files, 2 images, 2 digests, 3 edges to 3 registries\n');
  });

  it('E21: parses only, without asking any registry', async () => {
    // Nobody answers at these addresses.
    const registries = 'registries:\n- {name: "127.0.0.1:1/s", src: true}\n- name: 127.0.0.1:1/p\n';
    const { exit, stderr } = await parseThin(thin({ 'manifests/p/promoter-manifest.yaml': registries }), '--confirm');
    assert.equal(exit, 0, stderr);
    assert.match(stderr, /^Manifests parsed, exiting as ParseOnly is set$/m);
  });
});
