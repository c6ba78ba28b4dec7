import assert from 'node:assert/strict';
import fc from 'fast-check';
import { atCommit, edgeName, parseEdgeQuery, suggestEdges, type PlacedEdge } from '../../../src/client/why/edges.ts';
import type { Digest, RepositoryName, Tag } from '../../../src/reference.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}` as Digest;

function edge(change: Partial<PlacedEdge> = {}): PlacedEdge {
  return {
    source: 'staging.example:5000/team/web' as RepositoryName,
    digest: DIGEST,
    destination: 'prod.example/production/web' as RepositoryName,
    tag: 'v1.0.0' as Tag,
    ...change,
  };
}

describe('what somebody calls an edge', () => {
  for (const name of [
    DIGEST,
    '0123456',
    'sha256:0123456789',
    'prod.example/production/web:v1.0.0',
    'prod.example/production/web',
    `prod.example/production/web@${DIGEST}`,
    'production/web:v1.0.0@0123',
    'web:v1.0.0',
    `${DIGEST} -> prod.example/production/web:v1.0.0`,
    'web',
    'staging.example:5000/team/web',
    'staging.example:5000/team/web:v1.0.0',
  ]) {
    it(`finds it: ${name}`, () => assert.ok(parseEdgeQuery(name)(edge())));
  }

  for (const name of [
    'eb:v1.0.0',
    'web:v1',
    'web@1234',
    `sha256:${'0'.repeat(64)} -> web:v1.0.0`,
    '1234567',
    'prod.example/web',
    '',
    ':',
    '@',
    'sha256:',
  ]) {
    it(`is another: '${name}'`, () => assert.equal(parseEdgeQuery(name)(edge()), false));
  }

  it('can be the name that we print ourselves', () => {
    const tag = fc.option(fc.stringMatching(/^[a-z][a-z0-9.]{0,8}$/), { nil: undefined });
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,8}$/), tag, (path, name) => {
        const { tag: _, ...bare } = edge({ destination: `localhost:5000/${path}` as RepositoryName });
        const one = { ...bare, ...(name === undefined ? {} : { tag: name as Tag }) };
        assert.ok(parseEdgeQuery(edgeName(one))(one));
      }),
    );
  });

  it('that is nothing gets the nearest names', () => {
    const edges = ['web', 'worker', 'database'].map((name) =>
      edge({ destination: `prod.example/${name}` as RepositoryName }),
    );
    assert.deepEqual(suggestEdges('prod.example/wbe:v1.0.0', edges, 1), ['prod.example/web:v1.0.0']);
    assert.deepEqual(suggestEdges('zzz', edges, 3), []);
  });
});

describe('edges of manifests that were taken from git', () => {
  const placed = edge({ file: 'images/web/images.yaml', line: 3 });
  const url = 'https://git.example/manifests';
  const placeOf = (...given: Parameters<typeof atCommit>): readonly unknown[] =>
    [...atCommit(...given)].map(({ file, line, commit }) => [file, line, commit]);

  for (const [title, source, file] of [
    [
      'below the folder that was named',
      { thinManifestDir: 'registry.k8s.io' },
      'registry.k8s.io/images/web/images.yaml',
    ],
    ['at the top', { thinManifestDir: '.' }, 'images/web/images.yaml'],
    ['in the file that was named', { manifest: 'a/plain.yaml' }, 'a/plain.yaml'],
  ] as const) {
    it(`are found ${title}, at its commit`, () => {
      assert.deepEqual(placeOf([placed], { url, ref: 'main', ...source }, 'c0ffee'), [[file, 3, 'c0ffee']]);
    });
  }

  it('have no place that nobody knows', () => {
    assert.deepEqual([...atCommit([edge()], { url, ref: 'main', manifest: 'a.yaml' }, undefined)], [edge()]);
  });
});
