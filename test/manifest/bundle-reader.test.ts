import assert from 'node:assert/strict';
import { chmod, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { BundleInput } from '../../src/manifest/bundle-reader.ts';
import { readBundle, surveyBundle } from '../../src/manifest/bundle-reader.ts';
import { parseBundle } from '../../src/manifest/bundle.ts';
import { formatProblem, ManifestError } from '../../src/manifest/manifest-error.ts';
import { IMAGES, REGISTRIES } from './sample-bundle.ts';
import { withTree } from './written-tree.ts';

const FIXTURES = relative(process.cwd(), join(import.meta.dirname, 'fixtures'));
const THIN = join(FIXTURES, 'thin');
const P = { 'manifests/p/promoter-manifest.yaml': REGISTRIES, 'images/p/images.yaml': IMAGES };

async function problemsOf(input: BundleInput): Promise<readonly string[]> {
  const { problems } = await surveyBundle(input);
  return problems.map(formatProblem);
}

async function warningsOf(directory: string): Promise<readonly string[]> {
  const { warnings } = await readBundle({ kind: 'thin', directory });
  return warnings.map(formatProblem);
}

describe('reading a plain manifest', () => {
  it('gives one file by its name, shown in its folder', async () => {
    const path = join(FIXTURES, 'plain', 'manifest.yaml');
    const { bundle, root, warnings } = await readBundle({ kind: 'plain', path });
    assert.deepEqual(
      bundle.files.map((file) => file.path),
      ['manifest.yaml'],
    );
    assert.deepEqual(warnings, []);
    const { manifests } = parseBundle(bundle, { root });
    assert.equal(manifests[0]?.file, path);
    assert.deepEqual(
      manifests[0]?.images[0]?.digests.map(({ tags, line }) => [line, ...tags]),
      [[10, '1.0', 'latest'], [11]],
    );
  });

  it('fails when there is none', async () => {
    await assert.rejects(
      readBundle({ kind: 'plain', path: 'no/such.yaml' }),
      (thrown) => thrown instanceof ManifestError && thrown.message.startsWith('no/such.yaml: cannot be read: ENOENT'),
    );
  });

  it('fails when it is not text, or too large', async () => {
    await withTree(
      { 'latin1.yaml': Uint8Array.of(0x61, 0xe9), 'big.yaml': Buffer.alloc(16 * 1024 * 1024 + 1) },
      async (root) => {
        const [latin1 = ''] = await problemsOf({ kind: 'plain', path: join(root, 'latin1.yaml') });
        assert.match(latin1, /latin1\.yaml: cannot be read: not UTF-8/);
        const [big = ''] = await problemsOf({ kind: 'plain', path: join(root, 'big.yaml') });
        assert.match(big, /big\.yaml: cannot be read: larger than 16777216 bytes$/);
      },
    );
  });
});

describe('reading a thin directory', () => {
  for (const directory of [THIN, `${THIN}/`, `./${THIN}`, join(process.cwd(), THIN), join(process.cwd(), THIN, '.')]) {
    it(`works for '${relative(process.cwd(), directory) === directory ? directory : `…/${THIN}`}'`, async () => {
      const { bundle, root, warnings } = await readBundle({ kind: 'thin', directory });
      assert.deepEqual(
        bundle.files.map((file) => file.path),
        [
          'manifests/apple/promoter-manifest.yaml',
          'manifests/pear/promoter-manifest.yaml',
          'images/apple/images.yaml',
          'images/pear/images.yaml',
        ],
      );
      assert.deepEqual(warnings, []);
      const { manifests } = parseBundle(bundle, { root });
      assert.deepEqual(
        manifests.map(({ file, images }) => [file, images.length]),
        [
          [join(directory, 'manifests/apple/promoter-manifest.yaml'), 2],
          [join(directory, 'manifests/pear/promoter-manifest.yaml'), 1],
        ],
      );
    });
  }

  it("works for '.'", async () => {
    const before = process.cwd();
    process.chdir(THIN);
    try {
      const { bundle, root } = await readBundle({ kind: 'thin', directory: '.' });
      assert.equal(parseBundle(bundle, { root }).manifests[0]?.file, 'manifests/apple/promoter-manifest.yaml');
    } finally {
      process.chdir(before);
    }
  });

  it('fails without images/ or manifests/, or where they are files', async () => {
    await withTree({ 'images/': '' }, async (directory) => {
      assert.deepEqual(await problemsOf({ kind: 'thin', directory }), [
        `${directory}/manifests: stat directory ${directory}/manifests: no such file or directory`,
      ]);
    });
    await withTree({ images: '', manifests: '' }, async (directory) => {
      assert.deepEqual(await problemsOf({ kind: 'thin', directory }), [
        `${directory}/images: "${directory}/images" is not a directory`,
        `${directory}/manifests: "${directory}/manifests" is not a directory`,
      ]);
    });
    await assert.rejects(readBundle({ kind: 'thin', directory: 'no/such' }), ManifestError);
  });

  it('skips what has no manifest, and says so', async () => {
    const oddities = {
      'manifests/README.md': '',
      'manifests/Makefile': '',
      'manifests/empty/': '',
      'manifests/prefixed/my-promoter-manifest.yaml': 'not: [read',
      'manifests/irregular/promoter-manifest.yaml/': '',
      'images/orphan/promoter-manifest.yaml': '',
      'images/OWNERS': '',
    };
    await withTree({ ...P, ...oddities }, async (directory) => {
      assert.deepEqual(await warningsOf(directory), [
        `${directory}/images/orphan: never promoted: it has no images.yaml`,
        `${directory}/manifests/empty: skipped: it has no promoter-manifest.yaml`,
        `${directory}/manifests/irregular/promoter-manifest.yaml: ignoring irregular file "${directory}/manifests/irregular/promoter-manifest.yaml"`,
        `${directory}/manifests/prefixed: skipped: it has no promoter-manifest.yaml`,
      ]);
    });
  });

  it('finds nested manifests, for parsing to refuse them', async () => {
    await withTree({ ...P, 'manifests/p/q/promoter-manifest.yaml': REGISTRIES }, async (directory) => {
      const { bundle } = await readBundle({ kind: 'thin', directory });
      assert.throws(() => parseBundle(bundle), /unexpected manifest path "manifests\/p\/q\/promoter-manifest.yaml"/);
    });
  });

  it('fails on an images.yaml that is no file', async () => {
    const files = { 'manifests/p/promoter-manifest.yaml': REGISTRIES, 'images/p/images.yaml/': '' };
    await withTree(files, async (directory) => {
      const path = `${directory}/images/p/images.yaml`;
      assert.deepEqual(await problemsOf({ kind: 'thin', directory }), [
        `${path}: corresponding file "${path}" is not a regular file`,
      ]);
    });
  });

  it('fails on a file that it may not read', async function () {
    if (process.getuid?.() === 0) this.skip();
    await withTree(P, async (directory) => {
      await chmod(join(directory, 'images/p/images.yaml'), 0);
      const [problem = ''] = await problemsOf({ kind: 'thin', directory });
      assert.match(problem, /images\/p\/images\.yaml: cannot be read: EACCES/);
    });
  });

  it('follows symbolic links inside of it, and none that lead out', async () => {
    await withTree({ ...P, 'shared/images.yaml': IMAGES, 'images/q/': '', 'manifests/q/': '' }, async (directory) => {
      await symlink('../../shared/images.yaml', join(directory, 'images/q/images.yaml'));
      await symlink('../p/promoter-manifest.yaml', join(directory, 'manifests/q/promoter-manifest.yaml'));
      const { bundle } = await readBundle({ kind: 'thin', directory });
      assert.equal(parseBundle(bundle).manifests.length, 2);

      await withTree({ 'secret.yaml': 'secret' }, async (elsewhere) => {
        const link = join(directory, 'shared/link');
        await symlink(elsewhere, link);
        await symlink('../shared/link/secret.yaml', join(directory, 'manifests/promoter-manifest.yaml'));
        await symlink(elsewhere, join(directory, 'manifests/linked'));
        const survey = await surveyBundle({ kind: 'thin', directory });
        assert.deepEqual(survey.problems.map(formatProblem), [
          `${directory}/manifests/promoter-manifest.yaml: is a symbolic link that leads out of ${directory}`,
        ]);
        assert.ok(!survey.bundle.files.some(({ text }) => text === 'secret'));
        assert.deepEqual(survey.warnings.map(formatProblem), [
          `${directory}/manifests/linked: skipped: it is a symbolic link`,
        ]);
      });
    });
  });
});
