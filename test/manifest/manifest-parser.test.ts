import assert from 'node:assert/strict';
import { digestOf, findingsOf, IMAGES, onlyManifest, plain, REGISTRIES } from './sample-bundle.ts';

const A = digestOf('a');
const B = digestOf('b');

function images(text: string): string {
  return `${REGISTRIES}images:\n${text}`;
}

describe('a plain manifest', () => {
  it('gives its source, its destinations and where each digest is written', () => {
    const text = images(`- name: apple/nested\n  dmap:\n    "${A}": ["1.0", "latest"]\n    "${B}": []\n`);
    assert.deepEqual(onlyManifest(plain(text), { root: 'some/folder' }), {
      file: 'some/folder/m.yaml',
      source: 'gcr.io/staging',
      destinations: ['us.gcr.io/prod', 'eu.gcr.io/prod/sub'],
      images: [
        {
          name: 'apple/nested',
          digests: [
            { digest: A, tags: ['1.0', 'latest'], line: 9 },
            { digest: B, tags: [], line: 10 },
          ],
          file: 'some/folder/m.yaml',
          line: 7,
        },
      ],
    });
  });

  const accepted: readonly (readonly [string, string])[] = [
    ['images: []', `${REGISTRIES}images: []`],
    ['images without a value', `${REGISTRIES}images:`],
    ['no images at all', REGISTRIES],
    ['the source alone', 'registries: [{name: gcr.io/staging, src: true}]'],
    ['service accounts', 'registries: [{name: gcr.io/staging, src: true, service-account: a@b}]'],
    ['registries without a path', 'registries: [{name: "localhost:5000", src: true}, {name: registry.example}]'],
  ];
  for (const [what, text] of accepted) {
    it(`may have ${what}`, () => assert.deepEqual(findingsOf(plain(text)).problems, []));
  }

  const refused: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'two sources',
      'registries:\n- name: gcr.io/a\n  src: true\n- name: gcr.io/b\n  src: true\n',
      ['m.yaml:4: cannot have more than 1 source registry'],
    ],
    ['no source', 'registries:\n- name: gcr.io/a\n', ['m.yaml:1: source registry must be set']],
    ['no registries', 'registries: []', ["m.yaml:1: 'registries' field cannot be empty"]],
    ['nothing in it', '', ["m.yaml:1: 'registries' field cannot be empty"]],
    [
      'a registry without name',
      'registries:\n- name: gcr.io/a\n  src: true\n- service-account: a@b\n',
      ["m.yaml:4: registries: 'name' field cannot be empty"],
    ],
    [
      'a source without name',
      'registries:\n- src: true\n- name: gcr.io/a\n',
      ['m.yaml:2: source registry must be set', "m.yaml:2: registries: 'name' field cannot be empty"],
    ],
    ['an image without name', images(`- dmap: {"${A}": []}\n`), ["m.yaml:7: images: 'name' field cannot be empty"]],
    ['an image without dmap', images('- name: apple\n'), ["m.yaml:7: images: 'dmap' field cannot be empty"]],
    [
      'an image with an empty dmap',
      images('- name: apple\n  dmap: {}\n'),
      ["m.yaml:8: images: 'dmap' field cannot be empty"],
    ],
    [
      'an image that is nothing',
      images('-\n'),
      ["m.yaml:7: images: 'name' field cannot be empty", "m.yaml:7: images: 'dmap' field cannot be empty"],
    ],
    [
      'several mistakes',
      `registries:\n- name: gcr.io/a\n  src: true\n- name: ""\n  src: true\nimages:\n- name: apple\n  dmap:\n    "${A.slice(1)}": ["-"]\n- name: pear\n`,
      [
        'm.yaml:4: cannot have more than 1 source registry',
        "m.yaml:4: registries: 'name' field cannot be empty",
        `m.yaml:9: invalid digest: ${A.slice(1)}`,
        'm.yaml:9: invalid tag: -',
        "m.yaml:10: images: 'dmap' field cannot be empty",
      ],
    ],
  ];
  for (const [what, text, problems] of refused) {
    it(`is refused with ${what}`, () => assert.deepEqual(findingsOf(plain(text)).problems, problems));
  }

  const shapes: readonly (readonly [string, string, string])[] = [
    ['an unknown field', `${REGISTRIES}image: []`, 'm.yaml:6: field image not found in type manifest'],
    [
      'an unknown field of a registry',
      'registries:\n- name: gcr.io/a\n  source: true',
      'm.yaml:3: field source not found in type registry',
    ],
    ['an unknown field of an image', images('- name: a\n  tags: []'), 'm.yaml:8: field tags not found in type image'],
    ['a field twice', `${REGISTRIES}registries: []`, 'm.yaml:6: key "registries" already set in map'],
    [
      'a digest twice',
      images(`- name: a\n  dmap:\n    "${A}": []\n    ${A}: ["1"]`),
      `m.yaml:10: key "${A}" already set in map`,
    ],
    ['registries that are a mapping', 'registries: {}', 'm.yaml:1: cannot unmarshal !!map into list'],
    ['a name that is a list', images('- name: [a]'), 'm.yaml:7: cannot unmarshal !!seq into string'],
    ['a quoted boolean', 'registries:\n- src: "true"', 'm.yaml:2: cannot unmarshal !!str `true` into bool'],
    ['a number for a boolean', 'registries:\n- src: 1', 'm.yaml:2: cannot unmarshal `1` into bool'],
    [
      'tags that are one text',
      images(`- name: a\n  dmap:\n    "${A}": 1.0`),
      'm.yaml:9: cannot unmarshal `1.0` into list',
    ],
    ['a dmap that is a list', images('- name: a\n  dmap: []'), 'm.yaml:8: cannot unmarshal !!seq into map'],
    ['a list for a manifest', '- a', 'm.yaml:1: cannot unmarshal !!seq into map'],
    [
      'the source of old',
      `src-registry: gcr.io/a\n${REGISTRIES}`,
      "m.yaml:1: field src-registry not found in type manifest: mark the source among the registries with 'src: true' instead",
    ],
  ];
  for (const [what, text, problem] of shapes) {
    it(`is refused with ${what}, as by Go's decoder`, () => {
      const [place = '', ...message] = problem.split(': ');
      const expected = `${place}: unmarshalling manifest YAML: ${message.join(': ')}`;
      assert.deepEqual(findingsOf(plain(text)).problems, [expected]);
    });
  }

  it('may still carry an empty list of renames, but none that is used', () => {
    const empty = findingsOf(plain(`${REGISTRIES}renames: []`));
    assert.deepEqual(empty.problems, []);
    assert.deepEqual(empty.warnings, ["m.yaml:6: 'renames' is ignored: it can be deleted"]);
    assert.deepEqual(findingsOf(plain(`${REGISTRIES}renames:\n- ["a/b", "c/d"]`)).problems, [
      "m.yaml:6: 'renames' is no longer supported",
    ]);
  });

  it('is held to its rules in lenient mode too', () => {
    const text = images(IMAGES.replace(A, 'sha256:aa'));
    assert.deepEqual(findingsOf(plain(text), { lenient: true }).problems, ['m.yaml:9: invalid digest: sha256:aa']);
  });

  it('says whether its signatures are replicated', () => {
    assert.equal(onlyManifest(plain(`${REGISTRIES}replication: off`)).replication, 'off');
    assert.equal(onlyManifest(plain(`${REGISTRIES}replication: "on"`)).replication, 'on');
    assert.equal('replication' in onlyManifest(plain(REGISTRIES)), false);
    assert.deepEqual(findingsOf(plain(`${REGISTRIES}replication: yes`)).problems, [
      'm.yaml:6: replication must be "on" or "off", got "yes"',
    ]);
  });
});
