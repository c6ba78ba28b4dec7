import assert from 'node:assert/strict';
import { countEdges, wishesOf } from '../../src/plan/wish.ts';
import { digest, manifest } from './support.ts';

describe('wishesOf', () => {
  it('joins every image with its source and its destinations', () => {
    const wishes = wishesOf([
      manifest('gcr.io/staging', ['gcr.io/prod', 'eu.gcr.io/prod'], { 'a/b': { c: ['1.0', 'latest'] } }),
    ]);
    assert.deepEqual(wishes, [
      {
        source: 'gcr.io/staging/a/b',
        destinations: ['eu.gcr.io/prod/a/b', 'gcr.io/prod/a/b'],
        digests: [{ digest: digest('c'), tags: ['1.0', 'latest'] }],
      },
    ]);
    assert.equal(
      wishes.reduce((sum, wish) => sum + countEdges(wish), 0),
      4,
    );
  });

  it('merges entries that mean the same repositories, however the path is split', () => {
    const wishes = wishesOf([
      manifest('gcr.io/staging/a', ['gcr.io/prod/a'], { b: { c: ['1'] } }),
      manifest('gcr.io/staging', ['gcr.io/prod'], { 'a/b': { c: ['2'], d: [] } }),
    ]);
    assert.equal(wishes.length, 1);
    assert.deepEqual(wishes[0]?.digests, [
      { digest: digest('c'), tags: ['1', '2'] },
      { digest: digest('d'), tags: [] },
    ]);
  });

  it('comes in the same order, however manifests are ordered', () => {
    const ones = [
      manifest('gcr.io/s', ['gcr.io/p'], { b: { d: ['2', '1'], c: ['3'] } }),
      manifest('gcr.io/s', ['gcr.io/p'], { a: { c: ['1'] } }),
      manifest('gcr.io/s', ['gcr.io/p'], { b: { c: ['2'] } }),
    ];
    for (const order of [ones, ones.toReversed()]) {
      assert.deepEqual(
        wishesOf(order).map(({ source, digests }) => [source, digests]),
        [
          ['gcr.io/s/a', [{ digest: digest('c'), tags: ['1'] }]],
          [
            'gcr.io/s/b',
            [
              { digest: digest('c'), tags: ['2', '3'] },
              { digest: digest('d'), tags: ['1', '2'] },
            ],
          ],
        ],
      );
    }
  });

  it('counts a digest without tags as one edge for each destination', () => {
    const [wish] = wishesOf([manifest('gcr.io/staging', ['gcr.io/x', 'gcr.io/y'], { a: { c: [] } })]);
    assert.ok(wish);
    assert.equal(countEdges(wish), 2);
  });

  it('has nothing to say of a manifest without destinations', () => {
    assert.deepEqual(wishesOf([manifest('gcr.io/staging', [], { a: { c: ['1'] } })]), []);
  });
});
