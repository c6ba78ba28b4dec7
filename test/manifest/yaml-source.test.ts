import assert from 'node:assert/strict';
import { digestOf, findingsOf, onlyManifest, plain, REGISTRIES } from './sample-bundle.ts';

function problemsOf(text: string): readonly string[] {
  return findingsOf(plain(text)).problems;
}

describe('the YAML of a manifest', () => {
  it('is its first document only', () => {
    assert.deepEqual(problemsOf(`# notes\n---\n${REGISTRIES}---\nother: [`), []);
    assert.deepEqual(problemsOf(`${REGISTRIES}...\n]junk`), []);
  });

  it('is told where its syntax ends', () => {
    const [problem = '', ...more] = problemsOf(`${REGISTRIES}images: [a, b\n`);
    assert.match(problem, /^m\.yaml:\d+: unmarshalling manifest YAML: \S/);
    assert.deepEqual(more, []);
  });

  it('may use aliases, each meaning the last anchor of its name', () => {
    const text = `registries:
- name: &name gcr.io/staging
  src: true
- name: &name gcr.io/prod
images:
- name: apple
  dmap: &dmap
    "${digestOf('a')}": ["1.0"]
- name: pear
  dmap: *dmap
- name: &last plum
  dmap: *dmap
`;
    const { images } = onlyManifest(plain(text));
    assert.deepEqual(
      images.map(({ name, digests }) => [name, digests[0]?.line]),
      [
        ['apple', 8],
        ['pear', 8],
        ['plum', 8],
      ],
    );
    const renamed = 'registries: [{name: &n gcr.io/a, src: true}, {name: &n gcr.io/b}, {name: *n}]';
    assert.deepEqual(onlyManifest(plain(renamed)).destinations, ['gcr.io/b']);
  });

  it('must have the anchors that it names', () => {
    assert.deepEqual(problemsOf(`${REGISTRIES}images: *nowhere\n`), [
      "m.yaml:6: unmarshalling manifest YAML: unknown anchor 'nowhere' referenced",
    ]);
  });

  it('cannot be a bomb of aliases', () => {
    const tags = `[${Array.from({ length: 400 }, (_, index) => `v${index}`).join(', ')}]`;
    const digests = Array.from({ length: 400 }, (_, index) => `sha256:${String(index).padStart(64, '0')}`);
    const dmap = digests.map((digest, index) => `    ${digest}: ${index === 0 ? `&tags ${tags}` : '*tags'}\n`).join('');
    const repeated = Array.from({ length: 400 }, (_, index) => `- {name: a${index}, dmap: *dmap}\n`).join('');
    const text = `${REGISTRIES}images:\n- name: a\n  dmap: &dmap\n${dmap}${repeated}`;
    assert.deepEqual(problemsOf(text), ['m.yaml:1: unmarshalling manifest YAML: document contains excessive aliasing']);
  });

  it('cannot be nested without end', () => {
    for (const opening of ['[', '{a: ', '- ', '? ']) {
      assert.deepEqual(problemsOf(`\n${opening.repeat(20_000)}`), [
        'm.yaml:2: unmarshalling manifest YAML: nested more than 100 levels deep',
      ]);
    }
  });

  it('cannot be larger than 16 MiB', () => {
    assert.deepEqual(problemsOf(`#${'x'.repeat(16 * 1024 * 1024)}`), [
      'm.yaml:1: unmarshalling manifest YAML: larger than 16777216 bytes',
    ]);
  });
});
