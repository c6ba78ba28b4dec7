import assert from 'node:assert/strict';
import { digestOf, findingsOf, onlyManifest, plain, REGISTRIES } from './sample-bundle.ts';

const A = digestOf('a');

function problemsOfImages(text: string): readonly string[] {
  return findingsOf(plain(`${REGISTRIES}images:\n${text}`)).problems;
}

describe('the images of a manifest', () => {
  const digests: readonly (readonly [string, boolean])[] = [
    [A, true],
    [`sha256:${'0123456789abcdef'.repeat(4)}`, true],
    ['', false],
    ['sha256:', false],
    [A.slice(0, -1), false],
    [`${A}a`, false],
    [A.toUpperCase(), false],
    [`sha256:${'g'.repeat(64)}`, false],
    [`sha512:${'a'.repeat(128)}`, false],
    [` ${A}`, false],
    ['a'.repeat(64), false],
  ];
  for (const [digest, valid] of digests) {
    it(`${valid ? 'take' : 'refuse'} the digest '${digest}'`, () => {
      const expected = valid ? [] : [`m.yaml:9: invalid digest: ${digest}`];
      assert.deepEqual(problemsOfImages(`- name: a\n  dmap:\n    "${digest}": []`), expected);
    });
  }

  const tags: readonly (readonly [string, boolean])[] = [
    ['latest', true],
    ['v1.0.0-rc.1_x', true],
    ['_', true],
    ['a'.repeat(128), true],
    ['a'.repeat(129), false],
    ['', false],
    ['.hidden', false],
    ['-flag', false],
    ['a b', false],
    ['a/b', false],
    ['a:b', false],
    ['ümlaut', false],
  ];
  for (const [tag, valid] of tags) {
    it(`${valid ? 'take' : 'refuse'} the tag '${tag.slice(0, 20)}' of ${tag.length} characters`, () => {
      const expected = valid ? [] : [`m.yaml:10: invalid tag: ${tag}`];
      assert.deepEqual(problemsOfImages(`- name: a\n  dmap:\n    "${A}":\n    - "${tag}"`), expected);
    });
  }

  for (const name of ['../a', 'a/../b', 'a//b', '/a', 'a/', 'Apple', 'a b', 'a:b', 'a@b', 'a\\b', './a']) {
    it(`refuse the name '${name}'`, () => {
      const [problem = '', ...more] = problemsOfImages(`- name: '${name}'\n  dmap: {"${A}": []}`);
      assert.ok(problem.startsWith(`m.yaml:7: images: '${name}' cannot be the name of an image: 'gcr.io/staging/`));
      assert.deepEqual(more, []);
    });
  }

  it('merge entries of one name, and tags that are there twice', () => {
    const b = digestOf('b');
    const entry = (digest: string, tags: string): string => `- name: a\n  dmap:\n    "${digest}": [${tags}]\n`;
    const text = entry(A, '"1", "1"') + entry(b, '') + entry(A, '"2", "1"');
    const { images } = onlyManifest(plain(`${REGISTRIES}images:\n${text}`));
    assert.deepEqual(images, [
      {
        name: 'a',
        digests: [
          { digest: A, tags: ['1', '2'], line: 9 },
          { digest: b, tags: [], line: 12 },
        ],
        file: 'm.yaml',
        line: 7,
      },
    ]);
  });

  it('may be many thousand digests of one image', () => {
    const lines = Array.from({ length: 10_000 }, (_, index) => {
      return `    "sha256:${index.toString(16).padStart(64, '0')}": ["v${index}"]\n`;
    });
    const { images } = onlyManifest(plain(`${REGISTRIES}images:\n- name: a\n  dmap:\n${lines.join('')}`));
    assert.equal(images[0]?.digests.length, 10_000);
    assert.equal(images[0]?.digests.at(-1)?.line, 10_008);
  });
});
