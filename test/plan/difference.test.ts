import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addedEdges } from '../../src/plan/difference.ts';
import { edgeKey } from '../../src/plan/draft.ts';
import { wishesOf } from '../../src/plan/wish.ts';
import { manifest } from './support.ts';

type Images = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

function added(before: Images, after: Images, registries = ['to']): string[] {
  const wishes = (images: Images, destinations: readonly string[]) =>
    wishesOf([manifest('from', destinations, images)]);
  return [...addedEdges(wishes(before, ['to']), wishes(after, registries))].map(edgeKey);
}

function endpoints(images: Images): string[] {
  return [...addedEdges([], wishesOf([manifest('from', ['to'], images)]))].map(edgeKey);
}

const images = fc.dictionary(
  fc.constantFrom('app', 'tool'),
  fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.subarray(['1', '2', '3']), { minKeys: 1 }),
);

describe('what manifests ask for that they did not ask for before', () => {
  it('is a digest with all its tags when one of them is new', () => {
    const hex = 'a'.repeat(64);
    assert.deepEqual(added({ app: { a: ['1'] } }, { app: { a: ['1', '2'] } }), [
      `to/app 1 sha256:${hex}`,
      `to/app 2 sha256:${hex}`,
    ]);
  });

  it('is at a new registry everything, and elsewhere nothing', () => {
    const same = { app: { a: ['1'], b: [] } };
    assert.deepEqual(
      added(same, same, ['to', 'mirror']).map((edge) => edge.slice(0, 13)),
      ['mirror/app 1 ', 'mirror/app  s'],
    );
  });

  it('has every edge that is new, and no digest that is as it was', () => {
    fc.assert(
      fc.property(images, images, (before, after) => {
        const known = new Set(endpoints(before));
        const result = added(before, after);
        for (const edge of endpoints(after)) if (!known.has(edge)) assert.ok(result.includes(edge), edge);
        const changed = new Set(
          endpoints(after)
            .filter((edge) => !known.has(edge))
            .map(digestAt),
        );
        for (const edge of result) assert.ok(changed.has(digestAt(edge)), edge);
        assert.equal(new Set(result).size, result.length);
      }),
    );
  });

  it('is nothing when nothing changed', () => {
    fc.assert(fc.property(images, (same) => assert.deepEqual(added(same, same), [])));
  });
});

/** The image and digest of an edge's key. */
function digestAt(key: string): string {
  const [destination, , digest] = key.split(' ');
  return `${destination}@${digest}`;
}
