import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeImage, makeIndex } from '../../src/stack/sample-images.ts';
import { digestOf } from '../manifest/sample-bundle.ts';
import { withTree } from '../manifest/written-tree.ts';
import { openCommandLine, type CommandLine, type Ending } from './command-line.ts';
import { LISTINGS, startLab, type Lab } from './lab.ts';

const image = makeImage({ seed: 'snapshot', layerSizes: [10] });
const index = makeIndex({ seed: 'snapshot index', platforms: ['linux/amd64', 'linux/arm64'], layerSizes: [10] });
const I = image.root.digest;
const X = index.root.digest;
const children = index.manifests.filter(({ digest }) => digest !== X).map(({ digest }) => digest);

describe('E30–E31: snapshots', function () {
  this.timeout(60_000);
  let promoter: CommandLine;
  before(async () => (promoter = await openCommandLine()));
  after(() => promoter.close());

  const cip = (...args: readonly string[]): Promise<Ending> => promoter.run(['cip', ...args]);

  async function printed(...args: readonly string[]): Promise<string> {
    const { exit, stdout, stderr } = await cip(...args);
    assert.equal(exit, 0, stderr);
    return stdout;
  }

  for (const { name, googleTags } of LISTINGS) {
    describe(`E30: of a registry ${name}`, () => {
      let lab: Lab;
      before(async () => {
        lab = await startLab({ googleTags });
        await lab.push('prod/app', image, ['v2', 'v1']);
        await lab.push('prod/sub/app', index, ['latest']);
        await lab.push('prod2/app', image, ['v1']);
      });
      after(() => lab.stop());

      // The specification's listing cannot show what has no tag.
      const tagless = googleTags ? children : [];
      const indexLines = [`    "${X}": ["latest"]\n`, ...tagless.map((digest) => `    "${digest}": []\n`)];
      const indexYaml = indexLines.toSorted().join('');
      const appYaml = `- name: app\n  dmap:\n    "${I}": ["v1", "v2"]\n`;

      it('as YAML, which is the default', async () => {
        const wanted = `${appYaml}- name: sub/app\n  dmap:\n${indexYaml}\n`;
        assert.equal(await printed('--snapshot', lab.at('prod')), wanted);
        assert.equal(await printed('--snapshot', lab.at('prod/'), '--output', 'Yaml'), wanted);
      });

      it('as CSV', async () => {
        const lines = [`app@${I},app:v1`, `app@${I},app:v2`];
        const rest = [`sub/app@${X},sub/app:latest`, ...tagless.map((digest) => `sub/app@${digest},-`)].toSorted();
        assert.equal(
          await printed('--snapshot', lab.at('prod'), '--output=csv'),
          `${[...lines, ...rest].join('\n')}\n\n`,
        );
      });

      it('only with a tag, by the digests that carry it', async () => {
        assert.equal(await printed('--snapshot', lab.at('prod'), '--snapshot-tag', 'v1'), `${appYaml}\n`);
      });

      it('minimal: without the tagless children of indexes', async () => {
        assert.equal(
          await printed('--snapshot', lab.at('prod'), '--minimal-snapshot'),
          `${appYaml}- name: sub/app\n  dmap:\n    "${X}": ["latest"]\n\n`,
        );
      });

      it('of what is not there: one empty line', async () => {
        assert.equal(await printed('--snapshot', lab.at('nothing')), '\n');
      });

      it('by one listing per repository, and without a write', async () => {
        lab.proxy.clear();
        await printed('--snapshot', lab.at('prod'), '--confirm');
        const lists = lab.proxy.log().filter((entry) => entry.class === 'tags.list');
        assert.equal(new Set(lists.map(({ path }) => path)).size, lists.length);
        assert.deepEqual(lab.writes(), []);
      });

      it('of named repositories, where a registry cannot list them', async () => {
        const file = 'repositories.txt';
        await withTree({ [file]: 'sub/app # the index\n\n' }, async (root) => {
          const args = ['--snapshot', lab.at('prod'), '--snapshot-repositories', join(root, file)];
          assert.equal(await printed(...args), `- name: sub/app\n  dmap:\n${indexYaml}\n`);
        });
      });
    });
  }

  it('E30: refuses a format before it reads anything', async () => {
    // Nothing listens there: reading would fail otherwise.
    const { exit, stdout, stderr } = await cip('--snapshot', '127.0.0.1:1/prod', '--output', 'json');
    assert.match(stderr, /invalid snapshot output format: json$/m);
    assert.deepEqual([exit, stdout], [2, '']);
  });

  describe('E31: of what manifests want', () => {
    const [A, B] = ['a', 'b'].map(digestOf) as [string, string];
    const REGISTRIES = `registries:
- {name: gcr.io/staging, src: true}
- name: gcr.io/prod
- name: gcr.io/prod/sub
- name: gcr.io/prod2
`;
    const IMAGES = `- name: app\n  dmap:\n    "${B}": ["2"]\n    "${A}": []\n- name: app\n  dmap:\n    "${B}": ["1"]\n`;
    const files = {
      'plain.yaml': `${REGISTRIES}images:\n${IMAGES}`,
      'thin/manifests/p/promoter-manifest.yaml': REGISTRIES,
      'thin/images/p/images.yaml': IMAGES,
    };
    const dmap = `  dmap:\n    "${A}": []\n    "${B}": ["1", "2"]\n`;

    for (const [kind, path] of [
      ['--manifest', 'plain.yaml'],
      ['--thin-manifest-dir', 'thin'],
    ] as const) {
      it(`${kind}: in the registry and below it, not in one whose name begins alike`, async () => {
        await withTree(files, async (root) => {
          const args = ['--manifest-based-snapshot-of', 'gcr.io/prod', kind, join(root, path)];
          assert.equal(await printed(...args), `- name: app\n${dmap}- name: sub/app\n${dmap}\n`);
        });
      });
    }

    it('says which manifests are missing', async () => {
      const { exit, stderr } = await cip('--manifest-based-snapshot-of', 'gcr.io/prod');
      assert.match(stderr, /at least a manifest file or thin manifest directory have to be specified/);
      assert.equal(exit, 2);
    });

    it('minimal: without the tagless children that the registry’s own indexes name', async () => {
      const lab = await startLab({ googleTags: true });
      try {
        await lab.push('prod/app', index, ['latest']);
        const images = [X, children[0], A].map((digest) => `    "${digest}": []\n`).join('');
        const registries = `registries:\n- {name: ${lab.at('staging')}, src: true}\n- name: ${lab.at('prod')}\n`;
        const manifest = `${registries}images:\n- name: app\n  dmap:\n${images}`;
        await withTree({}, async (root) => {
          const file = join(root, 'manifest.yaml');
          await writeFile(file, manifest);
          const args = ['--manifest-based-snapshot-of', lab.at('prod'), '--manifest', file, '--minimal-snapshot'];
          const kept = [X as string, A].toSorted().map((digest) => `    "${digest}": []\n`);
          assert.equal(await printed(...args), `- name: app\n  dmap:\n${kept.join('')}\n`);
        });
      } finally {
        await lab.stop();
      }
    });
  });
});
