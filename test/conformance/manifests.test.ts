import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, IMAGES, REGISTRIES } from '../manifest/sample-bundle.ts';
import { withTree } from '../manifest/written-tree.ts';
import { openCommandLine, type CommandLine, type Ending } from './command-line.ts';

type Files = Readonly<Record<string, string>>;

const [A, B] = ['a', 'b'].map(digestOf) as [string, string];

/** A good thin directory of one project, with changes. */
function thin(changes: Files = {}): Files {
  return { 'manifests/p/promoter-manifest.yaml': REGISTRIES, 'images/p/images.yaml': IMAGES, ...changes };
}

/** The same without some of its files. */
function without(...paths: readonly string[]): Files {
  return Object.fromEntries(Object.entries(thin()).filter(([path]) => !paths.includes(path)));
}

function images(digest: string, tags: string, name = 'apple'): string {
  return `- name: ${name}\n  dmap:\n    "${digest}": ${tags}\n`;
}

describe('E3–E11: manifests, offline', function () {
  this.timeout(60_000);
  let promoter: CommandLine;
  before(async () => (promoter = await openCommandLine()));
  after(() => promoter.close());

  async function parse(files: Files, args: readonly string[], change?: (root: string) => Promise<void>) {
    let ending: Ending | undefined;
    await withTree(files, async (root) => {
      await change?.(root);
      ending = await promoter.run(['cip', '--parse-only', ...args], { cwd: root });
    });
    assert.ok(ending);
    const [, ...lines] = ending.stderr.trimEnd().split('\n');
    return { ...ending, lines: lines.filter((line) => !line.startsWith('Manifests parsed')) };
  }

  const parsePlain = (text: string) => parse({ 'm.yaml': text }, ['--manifest', 'm.yaml']);
  const parseThin = (files: Files, ...args: readonly string[]) =>
    parse({ ...files, keep: '' }, ['--thin-manifest-dir', '.', ...args]);

  describe('E3: plain manifests that are refused, with file and line', () => {
    const source = '- {name: gcr.io/s, src: true}\n';
    const cases: readonly (readonly [string, readonly string[]])[] = [
      [`registries:\n${source}${source}images: []`, ['m.yaml:3: cannot have more than 1 source registry']],
      ['registries:\n- name: gcr.io/p', ['m.yaml:1: source registry must be set']],
      ['registries: []', ["m.yaml:1: 'registries' field cannot be empty"]],
      [`registries:\n${source}- src: false`, ["m.yaml:3: registries: 'name' field cannot be empty"]],
      [`registries:\n${source}images:\n- dmap: {"${A}": []}`, ["m.yaml:4: images: 'name' field cannot be empty"]],
      [`registries:\n${source}images:\n- name: app`, ["m.yaml:4: images: 'dmap' field cannot be empty"]],
      [
        `registries:\n${source}${source}images:\n- name: app\n- dmap: {"${A}": []}`,
        [
          'm.yaml:3: cannot have more than 1 source registry',
          "m.yaml:5: images: 'dmap' field cannot be empty",
          "m.yaml:6: images: 'name' field cannot be empty",
        ],
      ],
    ];
    for (const [text, problems] of cases) {
      it(problems.map((line) => line.replace(/^.*?: /, '')).join(' and '), async () => {
        const { exit, lines, stdout } = await parsePlain(text);
        assert.deepEqual([exit, stdout], [2, '']);
        assert.deepEqual(lines, problems);
      });
    }
  });

  describe('E4: digests and tags, in plain and in thin manifests', () => {
    const hex = A.slice('sha256:'.length);
    const wrongDigests = [
      'sha256:',
      'sha257:a',
      A.slice(0, -1),
      `${A}a`,
      `SHA256:${hex}`,
      `sha256:${hex.toUpperCase()}`,
    ];
    const wrongTags = ['-v1', '.v1', 'v1 ', 'v+1', 'a'.repeat(129), 'v/1'];

    it('refuses wrong ones, each with its line', async () => {
      const text = [
        ...wrongDigests.map((digest, at) => images(digest, '[]', `d${at}`)),
        ...wrongTags.map((tag, at) => images(A, `["${tag}"]`, `t${at}`)),
      ].join('');
      const wanted = [
        ...wrongDigests.map((digest) => `invalid digest: ${digest}`),
        ...wrongTags.map((tag) => `invalid tag: ${tag}`),
      ];
      const plain = await parsePlain(`${REGISTRIES}images:\n${text}`);
      assert.equal(plain.exit, 2);
      assert.deepEqual(
        plain.lines,
        wanted.map((message, at) => `m.yaml:${9 + 3 * at}: ${message}`),
      );
      const inThin = await parseThin(thin({ 'images/p/images.yaml': text }));
      assert.equal(inThin.exit, 2);
      assert.equal(inThin.lines.length, wanted.length);
    });

    it('takes right ones', async () => {
      const tags = ['v1', '_', 'V1.0-rc_1', 'a'.repeat(128), '1.0'].map((tag) => `"${tag}"`).join(', ');
      const { exit, stdout } = await parsePlain(`${REGISTRIES}images:\n${images(A, `[${tags}, 2.0]`)}`);
      assert.equal(exit, 0);
      assert.equal(stdout, '1 file, 1 image, 1 digest, 12 edges to 2 registries\n');
    });

    it('only warns in thin ones when asked to, and leaves them out as kpromo would lose them', async () => {
      const files = thin({ 'images/p/images.yaml': `${IMAGES}${images('sha256:aa', '["v1"]', 'pear')}` });
      const { exit, lines } = await parseThin(files, '--lenient');
      assert.equal(exit, 0);
      assert.deepEqual(lines, ['images/p/images.yaml:6: warning: invalid digest: sha256:aa']);
    });
  });

  it('E5: refuses a second source in thin manifests too', async () => {
    const registries = `${REGISTRIES}- {name: gcr.io/other, src: true}\n`;
    const { exit, lines } = await parseThin(thin({ 'manifests/p/promoter-manifest.yaml': registries }));
    assert.equal(exit, 2);
    assert.deepEqual(lines, ['manifests/p/promoter-manifest.yaml:6: cannot have more than 1 source registry']);
  });

  describe('E6: what is no manifest', () => {
    for (const [what, text, message] of [
      ['an unknown field', `${REGISTRIES}colour: red`, /field colour not found in type thin manifest/],
      ['a key twice', `${REGISTRIES}registries: []`, /key "registries" already set in map/],
      ['a wrong type', 'registries: yes', /cannot unmarshal .* into list/],
      ['no YAML', 'registries: [', /unmarshalling thin manifest YAML: /],
    ] as const) {
      it(`refuses ${what}`, async () => {
        const { exit, lines } = await parseThin(thin({ 'manifests/p/promoter-manifest.yaml': text }));
        assert.equal(exit, 2);
        assert.match(
          lines.join('\n'),
          /^manifests\/p\/promoter-manifest\.yaml:\d+: unmarshalling thin manifest YAML: /,
        );
        assert.match(lines.join('\n'), message);
      });
    }
  });

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
