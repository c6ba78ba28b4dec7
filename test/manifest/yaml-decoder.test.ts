import assert from 'node:assert/strict';
import { digestOf, findingsOf, onlyManifest, plain, REGISTRIES } from './sample-bundle.ts';

const A = digestOf('a');

function tagsOf(list: string): readonly string[] | undefined {
  return onlyManifest(plain(`${REGISTRIES}images:\n- name: a\n  dmap:\n    ${A}: ${list}\n`)).images[0]?.digests[0]
    ?.tags;
}

describe('scalars of a manifest', () => {
  it('are the text as written, whatever YAML 1.1 would make of them', () => {
    const written = ['1.0', '1e3', '0x10', '010', '1_000', 'true', 'yes', 'off', 'n', '2001-01-01', '1.10', 'NaN'];
    assert.deepEqual(tagsOf(`[${written.join(', ')}]`), written);
    assert.deepEqual(tagsOf(`\n    - 1.20\n    - '1.30'`), ['1.20', '1.30']);
  });

  it('may say that they are text', () => {
    assert.deepEqual(tagsOf('[!!str 1.0, !!str null]'), ['1.0', 'null']);
    assert.deepEqual(tagsOf('["null", "true"]'), ['null', 'true']);
  });

  for (const nothing of ['null', '~', 'Null', 'NULL', '']) {
    it(`are empty when they are '${nothing}'`, () => {
      const text = `${REGISTRIES}images:\n- name: a\n  dmap:\n    ${A}:\n    - ${nothing}\n`;
      assert.deepEqual(findingsOf(plain(text)).problems, ['m.yaml:10: invalid tag: ']);
      assert.deepEqual(tagsOf(nothing), []);
    });
  }

  for (const word of ['y', 'Yes', 'ON', 'true', 'TRUE']) {
    it(`mean true when a boolean is '${word}'`, () => {
      assert.equal(onlyManifest(plain(`registries: [{name: gcr.io/a, src: ${word}}]`)).source, 'gcr.io/a');
    });
  }

  for (const word of ['n', 'No', 'OFF', 'false', '~']) {
    it(`mean false when a boolean is '${word}'`, () => {
      const registries = `registries: [{name: gcr.io/a, src: true}, {name: gcr.io/b, src: ${word}}]`;
      assert.deepEqual(onlyManifest(plain(registries)).destinations, ['gcr.io/b']);
    });
  }

  it('have no tags of other types', () => {
    assert.deepEqual(findingsOf(plain('registries:\n- name: !!binary Z2Nyx\n')).problems, [
      'm.yaml:2: unmarshalling manifest YAML: tag !!binary cannot be used here',
    ]);
  });
});

describe('merge keys of a manifest', () => {
  it('give what a mapping does not say itself', () => {
    const text = `registries:
- &base
  name: gcr.io/staging
  service-account: a@b
  src: true
- <<: *base
  name: gcr.io/prod
  src: false
- <<: [{name: gcr.io/first}, {name: gcr.io/second}]
`;
    const { source, destinations } = onlyManifest(plain(text));
    assert.deepEqual([source, ...destinations], ['gcr.io/staging', 'gcr.io/prod', 'gcr.io/first']);
  });

  it('cannot go in a circle', () => {
    assert.deepEqual(findingsOf(plain('registries:\n- &a {<<: *a}\n')).problems, [
      'm.yaml:2: unmarshalling manifest YAML: merge keys go too deep or in a circle',
    ]);
  });
});
