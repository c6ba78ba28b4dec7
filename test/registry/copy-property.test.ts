import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { PromoterError } from '../../src/errors.ts';
import type { RepositoryName, Tag } from '../../src/reference.ts';
import { createCopier } from '../../src/registry/copy.ts';
import type { CopyGroup } from '../../src/registry/copy.ts';
import { makeImage } from '../../src/stack/sample-images.ts';
import type { SampleImage } from '../../src/stack/sample-images.ts';
import { createMemoryRegistry } from '../support/memory-registry.ts';
import type { MemoryRegistry } from '../support/memory-registry.ts';

const SOURCE = 'staging.test/app' as RepositoryName;
const DESTINATIONS = ['staging.test/a', 'one.test/a', 'one.test/b', 'two.test/a', 'two.test/b'] as RepositoryName[];

// Some share all their layers, some one, some none.
const IMAGES = ['x', 'x', 'y', 'y', 'z'].map((base, number) =>
  makeImage({ seed: `${number % 3}`, layerSizes: [number * 10], base: { seed: base, layerSizes: [50] } }),
);

const promotion = fc.record({
  groups: fc.array(
    fc.record({
      image: fc.nat(IMAGES.length - 1),
      destinations: fc.subarray(DESTINATIONS, { minLength: 1 }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  /** Which calls fail, by their number. */
  faults: fc.uniqueArray(fc.nat(150), { maxLength: 20 }),
  cancelledAt: fc.option(fc.nat(150)),
  diskBytes: fc.constantFrom(1, 150, 100_000),
  targetsInFlight: fc.constantFrom(1, 3, 100),
});

describe('any promotion', () => {
  it('comes to an end whatever fails, and is completed by another try', async () => {
    await fc.assert(
      fc.asyncProperty(promotion, async ({ groups: wishes, faults, cancelledAt, ...limits }) => {
        const registry = stagedRegistry();
        const cancelling = new AbortController();
        registry.before = () => {
          const number = registry.calls.length;
          if (number === cancelledAt) cancelling.abort(new Error('cancelled'));
          if (faults.includes(number)) throw new PromoterError('RegistryDenied', '403');
        };
        const groups = wishes.map((wish, number) => groupOf(IMAGES[wish.image], wish.destinations, number));
        const copier = createCopier(registry, {
          targetsInFlight: limits.targetsInFlight,
          spool: { smallBlobBytes: 0, diskBytes: limits.diskBytes },
        });
        const { signal } = cancelling;
        await Promise.allSettled(groups.map((group) => copier.copy(group, { signal })));

        registry.before = () => {};
        const outcomes = await Promise.all(groups.map((group) => copier.copy(group, { resumed: true })));
        assert.deepEqual(
          outcomes.flat().filter(({ kind }) => kind !== 'copied' && kind !== 'present'),
          [],
        );
        for (const { digest, targets } of groups) {
          for (const { repository, tags } of targets) {
            for (const tag of tags) assert.equal(registry.tagOf(repository, tag), digest);
          }
        }
      }),
      { numRuns: 20 },
    );
  });
});

function stagedRegistry(): MemoryRegistry {
  const registry = createMemoryRegistry();
  for (const { root, blobs } of IMAGES) {
    for (const { bytes } of blobs) registry.addBlob(SOURCE, bytes);
    registry.addManifest(SOURCE, root);
  }
  return registry;
}

function groupOf(image: SampleImage | undefined, repositories: readonly RepositoryName[], number: number): CopyGroup {
  assert.ok(image);
  const tags = [`v${number}` as Tag];
  const targets = repositories.map((repository) => ({ repository, tags, hasDigest: false }));
  return { source: SOURCE, digest: image.root.digest, targets };
}
