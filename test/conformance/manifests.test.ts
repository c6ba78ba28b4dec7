import assert from 'node:assert/strict';
import { IMAGES, REGISTRIES } from '../manifest/sample-bundle.ts';
import { openCommandLine, type CommandLine } from './command-line.ts';
import { A, images, thin, createManifestTrial } from './manifest-trial.ts';

describe('E3–E6: manifests, offline', function () {
  this.timeout(60_000);
  let promoter: CommandLine;
  before(async () => (promoter = await openCommandLine()));
  after(() => promoter.close());

  const { parsePlain, parseThin } = createManifestTrial(() => promoter);

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
});
