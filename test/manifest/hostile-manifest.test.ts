import assert from 'node:assert/strict';
import { ManifestError } from '../../src/manifest/manifest-error.ts';
import { parseBundle } from '../../src/manifest/bundle.ts';
import { findingsOf, IMAGES, plain, REGISTRIES, thin } from './sample-bundle.ts';

const MEGABYTES = 'x'.repeat(8 * 1024 * 1024);

/** Digests made of a number. */
function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `sha256:${String(at).padStart(64, '0')}`);
}

describe('a manifest that means harm', () => {
  it('is refused with a short sentence where a scalar has megabytes', () => {
    for (const text of [
      `${REGISTRIES}images:\n- name: ${MEGABYTES}\n`,
      `${REGISTRIES}${MEGABYTES}: 1\n`,
      `${REGISTRIES}images:\n- name: a\n  dmap:\n    ? ${MEGABYTES}\n    : [v1]\n`,
      `${REGISTRIES}images: "${MEGABYTES}"\n`,
    ]) {
      const { problems, manifests } = findingsOf(plain(text));
      assert.ok(problems.length > 0);
      assert.deepEqual(manifests, []);
      for (const problem of problems) assert.ok(problem.length < 3_000, `${problem.length} characters`);
    }
  });

  it('is refused with as many lines as anybody reads', () => {
    const text = `${REGISTRIES}${Array.from({ length: 50_000 }, (_, at) => `field${at}: 1\n`).join('')}`;
    assert.throws(
      () => parseBundle(plain(text)),
      (thrown) =>
        thrown instanceof ManifestError &&
        thrown.problems.length === 50_000 &&
        thrown.message.split('\n').length === 1_001 &&
        thrown.message.endsWith('and 49000 more problems'),
    );
  });

  it('cannot name a field, a digest or an image twice to mean the second in silence', () => {
    const [one = ''] = numbered(1);
    for (const text of [
      `${REGISTRIES}registries: []\n`,
      `${REGISTRIES}images: []\nimages: []\n`,
      `${REGISTRIES}images:\n- name: a\n  dmap: {"${one}": [v1], "${one}": [v2]}\n`,
    ]) {
      assert.match(findingsOf(plain(text)).problems.join('\n'), /already set in map/);
    }
  });

  it('steers no terminal by what is quoted of it', () => {
    const steering = '\\e[2J\\x9b2J\\u202Eexe\\r';
    for (const bundle of [
      plain(`${REGISTRIES}images:\n- name: "${steering}"\n`),
      plain(`${REGISTRIES}"${steering}": 1\n`),
      plain(`registries: [{name: "gcr.io/${steering}", src: true}, {name: gcr.io/b}]\n`),
      thin(REGISTRIES, `- name: a\n  dmap: {"${numbered(1)[0]}": ["${steering}"]}\n`),
      { kind: 'thin', files: [{ path: 'manifests/\u001B[2J/x/promoter-manifest.yaml', text: '' }] } as const,
    ]) {
      const { problems, warnings } = findingsOf(bundle);
      assert.ok(problems.length > 0);
      for (const line of [...problems, ...warnings]) assert.doesNotMatch(line, /[\p{Cc}\p{Bidi_Control}]/u);
    }
  });

  it('changes no prototype', () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      const text = `${REGISTRIES}${key}: {polluted: yes}\nimages:\n${IMAGES}`;
      assert.match(findingsOf(plain(text)).problems.join('\n'), new RegExp(`field ${key} not found`));
      assert.equal(({} as { polluted?: unknown }).polluted, undefined);
    }
  });

  it('is told within seconds where it nests, merges or repeats without end', function () {
    this.timeout('20s');
    const lines = Array.from({ length: 25 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]\n`);
    const laughs = `a0: &a0 [lol]\n${lines.join('')}images: *a25\n`;
    const merges = `a0: &a0 {k: v}\n${Array.from({ length: 40 }, (_, at) => `a${at + 1}: &a${at + 1} {<<: [*a${at}, *a${at}]}\n`).join('')}`;
    const deep = `images: ${'['.repeat(100_000)}`;
    const itself = `images: &a [*a]\n`;
    for (const text of [laughs, merges, deep, itself]) {
      assert.ok(findingsOf(plain(`${REGISTRIES}${text}`)).problems.length > 0);
    }
  });
});
