import assert from 'node:assert/strict';
import fc from 'fast-check';
import { partitionWishes, ShardCutter } from '../../src/plan/partition.ts';
import type { Group } from '../../src/plan/document.ts';
import type { ImageWish } from '../../src/plan/wish.ts';
import { digest, repository } from './support.ts';

describe('partitionWishes', () => {
  it('loses nothing and never puts one repository into two pieces', () => {
    const name = fc.integer({ min: 0, max: 30 }).map((n) => repository(`h/r${n}`));
    const wish: fc.Arbitrary<ImageWish> = fc.record({
      source: name,
      destinations: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
      digests: fc.constant([{ digest: digest('a'), tags: [] }]),
    });
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 30 }), fc.integer({ min: 1, max: 12 }), (wishes, size) => {
        const pieces = partitionWishes(wishes, size);
        assert.equal(pieces.flat().length, wishes.length);
        assert.deepEqual(new Set(pieces.flat()), new Set(wishes));
        const seen = new Map<string, number>();
        pieces.forEach((piece, index) => {
          for (const { source, destinations } of piece) {
            for (const repositoryName of [source, ...destinations]) {
              assert.equal(seen.get(repositoryName) ?? index, index);
              seen.set(repositoryName, index);
            }
          }
        });
      }),
    );
  });

  it('fills pieces up to the size asked for', () => {
    const wishes = Array.from({ length: 10 }, (_, n): ImageWish => ({
      source: repository(`h/s${n}`),
      destinations: [repository(`h/d${n}`)],
      digests: [],
    }));
    assert.deepEqual(
      partitionWishes(wishes, 6).map((piece) => piece.length),
      [3, 3, 3, 1],
    );
  });
});

describe('ShardCutter', () => {
  const group = (project: string, edges: number): Group => ({
    source: repository(`h/${project}/image`),
    digest: digest('a'),
    targets: Array.from({ length: edges }, (_, n) => ({
      repository: repository(`h/d${n}`),
      tags: [],
      hasDigest: false,
    })),
  });

  it('cuts when full, and between projects once a shard is reasonably full', () => {
    const cutter = new ShardCutter(10);
    const cuts = [group('a', 4), group('a', 4), group('b', 4), group('b', 4), group('b', 4), group('b', 1)].map(
      (next) => cutter.add(next)?.length,
    );
    assert.deepEqual(cuts, [undefined, undefined, 2, undefined, undefined, 3]);
    assert.equal(cutter.flush()?.length, 1);
    assert.equal(cutter.flush(), undefined);
  });

  it('does not cut between projects before a shard is reasonably full, nor within one before it is full', () => {
    const lengths = (...groups: readonly Group[]): (number | undefined)[] => {
      const cutter = new ShardCutter(10);
      return groups.map((next) => cutter.add(next)?.length);
    };
    assert.deepEqual(lengths(group('a', 5), group('b', 1), group('c', 1)), [undefined, undefined, 2]);
    assert.deepEqual(lengths(group('a', 9), group('a', 1), group('a', 1)), [undefined, undefined, 2]);
    const image = (name: string): Group => ({ ...group('a', 6), source: repository(`h/a/${name}`) });
    assert.deepEqual(lengths(image('one'), image('two'), image('three')), [undefined, undefined, 2]);
  });
});
