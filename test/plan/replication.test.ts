import assert from 'node:assert/strict';
import type { Manifest } from '../../src/manifest/manifest.ts';
import { digestsIn, mirrorsBySubject, mirrorsOf, replicationTasks } from '../../src/plan/replication.ts';
import type { Digest, RegistryName, RepositoryName, Tag } from '../../src/reference.ts';

const A = `sha256:${'a'.repeat(64)}` as Digest;
const B = `sha256:${'b'.repeat(64)}` as Digest;

const NAMING = {
  identityOf: (repository: RepositoryName) => repository.slice(repository.indexOf('/')),
  canonicalOf: (repositories: readonly RepositoryName[]) => [...repositories].sort()[0] ?? ('' as RepositoryName),
};

function manifest(destinations: readonly string[], digests: readonly Digest[], more: Partial<Manifest> = {}): Manifest {
  return {
    file: 'manifest.yaml',
    source: 'staging.test/s' as RegistryName,
    destinations: destinations as readonly RegistryName[],
    images: [
      {
        name: 'app',
        file: 'manifest.yaml',
        line: 1,
        digests: digests.map((digest) => ({ digest, tags: ['v1' as Tag], line: 1 })),
      },
    ],
    ...more,
  };
}

describe('replication tasks', () => {
  it('make the canonical repository of an identity the source of the others', () => {
    assert.deepEqual(replicationTasks([manifest(['b.test/p', 'a.test/p', 'c.test/p'], [B, A])], NAMING, 'on'), [
      { source: 'a.test/p/app', shares: [{ mirrors: ['b.test/p/app', 'c.test/p/app'], digests: [A, B] }] },
    ]);
  });

  it('keep identities apart, and leave out what has no mirror', () => {
    const tasks = replicationTasks([manifest(['a.test/p', 'b.test/p', 'c.test/other'], [A])], NAMING, 'on');
    assert.deepEqual(
      tasks.map((task) => [task.source, mirrorsOf(task)]),
      [['a.test/p/app', ['b.test/p/app']]],
    );
  });

  it('are there for what has no mirror, where it is to be checked', () => {
    assert.deepEqual(replicationTasks([manifest(['a.test/p'], [A])], NAMING, 'on', true), [
      { source: 'a.test/p/app', shares: [{ mirrors: [], digests: [A] }] },
    ]);
  });

  it('only check what is served from one registry, by manifest or by default', () => {
    const off = manifest(['a.test/p', 'b.test/p'], [A], { replication: 'off' });
    const on = manifest(['a.test/p', 'b.test/p'], [B], { replication: 'on' });
    const shares = [
      { mirrors: ['b.test/p/app'], digests: [B] },
      { mirrors: [], digests: [A] },
    ];
    assert.deepEqual(replicationTasks([off, on], NAMING, 'on'), [{ source: 'a.test/p/app', shares }]);
    const unsaid = manifest(['a.test/p', 'b.test/p'], [A]);
    assert.deepEqual(replicationTasks([unsaid], NAMING, 'off')[0]?.shares, [{ mirrors: [], digests: [A] }]);
  });

  it('come in the same order, however manifests are ordered', () => {
    const ones = [
      manifest(['b.test/q', 'c.test/q'], [A]),
      manifest(['a.test/p', 'd.test/p'], [B]),
      manifest(['a.test/p', 'c.test/p'], [A]),
    ];
    for (const order of [ones, ones.toReversed()]) {
      const tasks = replicationTasks(order, NAMING, 'on');
      assert.deepEqual(
        tasks.map((task) => [task.source, mirrorsOf(task), digestsIn(task)]),
        [
          ['a.test/p/app', ['c.test/p/app', 'd.test/p/app'], new Set([A, B])],
          ['b.test/q/app', ['c.test/q/app'], new Set([A])],
        ],
      );
    }
  });

  it('know which mirrors are to hold a digest, and take all for one that no manifest names', () => {
    const [task] = replicationTasks(
      [manifest(['a.test/p', 'b.test/p'], [A]), manifest(['a.test/p', 'c.test/p'], [B])],
      NAMING,
      'on',
    );
    assert.ok(task !== undefined);
    const mirrors = mirrorsBySubject(task);
    assert.deepEqual(mirrors(A), ['b.test/p/app']);
    assert.deepEqual(mirrors(B), ['c.test/p/app']);
    assert.deepEqual(mirrors(`sha256:${'c'.repeat(64)}` as Digest), ['b.test/p/app', 'c.test/p/app']);
  });
});
