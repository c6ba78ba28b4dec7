import assert from 'node:assert/strict';
import { join, relative } from 'node:path';
import { manifestCommand } from '../../src/client/manifest-command.ts';
import { digestOf, IMAGES, REGISTRIES } from '../manifest/sample-bundle.ts';
import { withTree } from '../manifest/written-tree.ts';

const FIXTURES = relative(process.cwd(), join(import.meta.dirname, '..', 'manifest', 'fixtures'));

interface Run {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | undefined;
}

async function validate(...args: readonly string[]): Promise<Run> {
  const run = { stdout: '', stderr: '', exitCode: undefined as number | undefined };
  const command = manifestCommand({
    stdout: { write: (text) => (run.stdout += text) },
    stderr: { write: (text) => (run.stderr += text) },
    setExitCode: (code) => (run.exitCode = code),
  });
  await command.parseAsync(['validate', ...args], { from: 'user' });
  return run;
}

describe('promoter manifest validate', () => {
  it('says of each manifest what it holds', async () => {
    assert.deepEqual(await validate(join(FIXTURES, 'plain', 'manifest.yaml'), join(FIXTURES, 'thin/')), {
      stdout:
        `${FIXTURES}/plain/manifest.yaml: valid: 1 image, 2 digests from staging.example/fruit to 1 registry\n` +
        `${FIXTURES}/thin/manifests/apple/promoter-manifest.yaml: valid: 2 images, 4 digests from staging.example/apple to 2 registries\n` +
        `${FIXTURES}/thin/manifests/pear/promoter-manifest.yaml: valid: 1 image, 2 digests from staging.example/pear to 2 registries\n`,
      stderr: '',
      exitCode: 0,
    });
  });

  it('finds manifests below a directory', async () => {
    const { stdout, exitCode } = await validate(FIXTURES);
    assert.equal(stdout.trim().split('\n').length, 3);
    assert.equal(exitCode, 0);
  });

  it('tells good from bad ones in one tree, and names every place', async () => {
    const files = {
      'thin/manifests/good/promoter-manifest.yaml': `${REGISTRIES}imagesPath: x\n`,
      'thin/images/good/images.yaml': IMAGES,
      'thin/manifests/short/promoter-manifest.yaml': REGISTRIES,
      'thin/images/short/images.yaml': IMAGES.replace(digestOf('a'), digestOf('a').slice(0, -1)),
      'thin/manifests/alone/promoter-manifest.yaml': REGISTRIES,
      'plain/manifest.yaml': 'registries: []\n',
    };
    await withTree(files, async (root) => {
      const manifests = `${root}/thin/manifests`;
      assert.deepEqual(await validate(root), {
        stdout:
          `${root}/plain/manifest.yaml: invalid\n` +
          `${manifests}/alone/promoter-manifest.yaml: invalid\n` +
          `${manifests}/good/promoter-manifest.yaml: valid: 1 image, 1 digest from gcr.io/staging to 2 registries\n` +
          `${manifests}/short/promoter-manifest.yaml: invalid\n`,
        stderr:
          `${root}/plain/manifest.yaml:1: 'registries' field cannot be empty\n` +
          `${root}/thin/images/short/images.yaml:3: invalid digest: ${digestOf('a').slice(0, -1)}\n` +
          `${manifests}/alone/promoter-manifest.yaml: corresponding file "${root}/thin/images/alone/images.yaml" does not exist\n` +
          `${manifests}/good/promoter-manifest.yaml:6: warning: 'imagesPath' is deprecated and unused: images are in images/good/images.yaml\n`,
        exitCode: 2,
      });
    });
  });

  it('only warns of wrong digests in thin manifests when it is lenient', async () => {
    const files = {
      'manifests/p/promoter-manifest.yaml': REGISTRIES,
      'images/p/images.yaml': IMAGES.replace(digestOf('a'), 'sha256:aa'),
    };
    await withTree(files, async (root) => {
      const { stderr, exitCode } = await validate('--lenient', root);
      assert.equal(stderr, `${root}/images/p/images.yaml:3: warning: invalid digest: sha256:aa\n`);
      assert.equal(exitCode, 0);
    });
  });

  it('prints one JSON document', async () => {
    await withTree({ 'm.yaml': `${REGISTRIES}images:\n${IMAGES}`, 'n.yaml': 'registries: []' }, async (root) => {
      const { stdout, exitCode } = await validate('--json', join(root, 'm.yaml'), join(root, 'n.yaml'));
      assert.deepEqual(JSON.parse(stdout), {
        valid: false,
        manifests: [
          {
            file: join(root, 'm.yaml'),
            valid: true,
            source: 'gcr.io/staging',
            destinations: ['us.gcr.io/prod', 'eu.gcr.io/prod/sub'],
            images: 1,
            digests: 1,
          },
          { file: join(root, 'n.yaml'), valid: false },
        ],
        problems: [{ file: join(root, 'n.yaml'), line: 1, message: "'registries' field cannot be empty" }],
        warnings: [],
      });
      assert.equal(exitCode, 2);
    });
  });

  it('goes on after a path that is not there', async () => {
    const { stdout, stderr, exitCode } = await validate('no/such', join(FIXTURES, 'plain/manifest.yaml'));
    assert.match(stderr, /^no\/such: cannot be read: ENOENT.*\n$/);
    assert.match(stdout, /: valid: /);
    assert.equal(exitCode, 2);
  });

  it('says what a directory without manifests lacks', async () => {
    await withTree({ 'manifests/': '' }, async (root) => {
      assert.deepEqual(await validate(root), {
        stdout: '',
        stderr: `${root}/images: stat directory ${root}/images: no such file or directory\n`,
        exitCode: 2,
      });
    });
  });
});
