import assert from 'node:assert/strict';
import { findingsOf, onlyManifest, plain } from './sample-bundle.ts';

function registries(...names: readonly string[]): string {
  return `registries:\n- {name: gcr.io/staging, src: true}\n${names.map((name) => `- name: '${name}'\n`).join('')}`;
}

describe('the registries of a manifest', () => {
  for (const name of [
    'gcr.io/../b',
    'gcr.io/Prod',
    'gcr.io//b',
    '/gcr.io',
    'https://gcr.io/a',
    'gcr.io/a b',
    '..',
    '-',
  ]) {
    it(`refuse '${name}'`, () => {
      const [problem = '', ...more] = findingsOf(plain(registries(name))).problems;
      assert.ok(problem.startsWith(`m.yaml:3: registries: '${name}' cannot hold images: `), problem);
      assert.deepEqual(more, []);
    });
  }

  it('lose trailing slashes', () => {
    assert.deepEqual(onlyManifest(plain(registries('gcr.io/a/', 'gcr.io//'))).destinations, ['gcr.io/a', 'gcr.io']);
  });

  it('are destinations once, with a warning', () => {
    const { manifests, warnings } = findingsOf(plain(registries('gcr.io/a', 'gcr.io/b', 'gcr.io/a/')));
    assert.deepEqual(manifests[0]?.destinations, ['gcr.io/a', 'gcr.io/b']);
    assert.deepEqual(warnings, ["m.yaml:5: registries: 'gcr.io/a' is listed more than once"]);
  });

  it('may be nested in one another', () => {
    const { destinations } = onlyManifest(plain(registries('gcr.io/a', 'gcr.io/a/b')));
    assert.deepEqual(destinations, ['gcr.io/a', 'gcr.io/a/b']);
  });
});
