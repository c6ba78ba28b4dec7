import assert from 'node:assert/strict';
import fc from 'fast-check';
import { resolveOverlaps } from '../../src/plan/overlap.ts';
import { wishesOf, type ImageWish } from '../../src/plan/wish.ts';
import { digest, manifest } from './support.ts';

/** Every edge that wishes stand for, as `source destination tag digest`. */
function edgesOf(wishes: readonly ImageWish[]): string[] {
  return wishes.flatMap(({ source, destinations, digests }) =>
    destinations.flatMap((destination) =>
      digests.flatMap(({ digest: wanted, tags }) =>
        (tags.length === 0 ? [''] : tags).map((tag) => `${source} ${destination} ${tag} ${wanted}`),
      ),
    ),
  );
}

describe('resolveOverlaps', () => {
  it('takes out both of two digests that claim a tag, at every destination, and keeps their other tags', () => {
    const { wishes, overlaps } = resolveOverlaps(
      wishesOf([manifest('gcr.io/s', ['gcr.io/x', 'gcr.io/y'], { a: { c: ['1', 'latest'], d: ['2', 'latest'] } })]),
    );
    assert.deepEqual(
      overlaps.map(({ destination, tag, digest: claim }) => `${destination}:${tag} ${claim}`).sort(),
      ['c', 'd'].flatMap((hex) => ['x', 'y'].map((name) => `gcr.io/${name}/a:latest ${digest(hex)}`)).sort(),
    );
    assert.deepEqual(
      wishes[0]?.digests.map(({ tags }) => tags),
      [['1'], ['2']],
    );
  });

  it('never turns a digest whose tags are all contested into one without tags', () => {
    const { wishes } = resolveOverlaps(
      wishesOf([manifest('gcr.io/s', ['gcr.io/x'], { a: { c: ['latest'], d: ['latest'], e: [] } })]),
    );
    assert.deepEqual(edgesOf(wishes), [`gcr.io/s/a gcr.io/x/a  ${digest('e')}`]);
  });

  it('finds rivals in different sources at a destination they share, and leaves the other destinations alone', () => {
    const { wishes, overlaps } = resolveOverlaps(
      wishesOf([
        manifest('gcr.io/s1', ['gcr.io/x', 'gcr.io/y'], { a: { c: ['1'] } }),
        manifest('gcr.io/s2', ['gcr.io/x'], { a: { d: ['1'] } }),
      ]),
    );
    assert.equal(overlaps.length, 2);
    assert.deepEqual(edgesOf(wishes), [`gcr.io/s1/a gcr.io/y/a 1 ${digest('c')}`]);
  });

  it('promotes once what two sources offer alike, from the first', () => {
    const { wishes, overlaps, redundant } = resolveOverlaps(
      wishesOf([
        manifest('gcr.io/s2', ['gcr.io/x'], { a: { c: ['1', '2'] } }),
        manifest('gcr.io/s1', ['gcr.io/x'], { a: { c: ['1'] } }),
      ]),
    );
    assert.deepEqual([overlaps.length, redundant], [0, 1]);
    assert.deepEqual(edgesOf(wishes).sort(), [
      `gcr.io/s1/a gcr.io/x/a 1 ${digest('c')}`,
      `gcr.io/s2/a gcr.io/x/a 2 ${digest('c')}`,
    ]);
  });

  it('keeps exactly the edges whose endpoint only one digest claims, once each', () => {
    const dmap = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.uniqueArray(fc.constantFrom('1', '2', '3'), { maxLength: 2 }),
      { minKeys: 1, noNullPrototype: true },
    );
    const anyManifest = fc
      .tuple(
        fc.constantFrom('h/s1', 'h/s2'),
        fc.uniqueArray(fc.constantFrom('h/x', 'h/y', 'h/z'), { minLength: 1 }),
        fc.dictionary(fc.constantFrom('i', 'j'), dmap, { minKeys: 1, noNullPrototype: true }),
      )
      .map(([source, destinations, images]) => manifest(source, destinations, images));
    fc.assert(
      fc.property(fc.array(anyManifest, { minLength: 1, maxLength: 4 }), (manifests) => {
        const wanted = wishesOf(manifests);
        const endpoints = new Map<string, Set<string>>();
        for (const edge of edgesOf(wanted)) {
          const [, destination, tag, claim] = edge.split(' ');
          const key = tag === '' ? `${destination} ${claim}` : `${destination} ${tag}`;
          endpoints.set(key, (endpoints.get(key) ?? new Set()).add(claim ?? ''));
        }
        const expected = [...endpoints]
          .filter(([, claims]) => claims.size === 1)
          .map(([key, [claim]]) => `${key} ${claim}`);
        const kept = edgesOf(resolveOverlaps(wanted).wishes).map((edge) => {
          const [, destination, tag, claim] = edge.split(' ');
          return tag === '' ? `${destination} ${claim} ${claim}` : `${destination} ${tag} ${claim}`;
        });
        assert.deepEqual(kept.sort(), expected.sort());
      }),
    );
  });
});
