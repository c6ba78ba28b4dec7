import assert from 'node:assert/strict';
import { PromoterError, type ErrorCode } from '../../src/errors.ts';
import { hostOf } from '../../src/reference.ts';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';
import { createCopier } from '../../src/registry/copy.ts';
import type { CopierOptions, CopyTarget, ImageCopier } from '../../src/registry/copy.ts';
import { makeArtifact, makeImage, makeIndex } from '../../src/stack/sample-images.ts';
import type { SampleImage } from '../../src/stack/sample-images.ts';
import { createMemoryRegistry } from '../support/memory-registry.ts';
import type { MemoryRegistry, RegistryCall } from '../support/memory-registry.ts';

const SOURCE = 'staging.test/app' as RepositoryName;
const ONE = 'one.test/app' as RepositoryName;
const TWO = 'two.test/app' as RepositoryName;
const V1 = 'v1' as Tag;
const PLATFORMS = ['linux/amd64', 'linux/arm64'];
/** Larger than what is sent without asking. */
const LARGE = 33 * 1024 * 1024;

describe('what the copier knows', () => {
  let registry: MemoryRegistry;
  let copier: ImageCopier;
  beforeEach(() => use());

  function use(options?: CopierOptions): void {
    registry = createMemoryRegistry();
    copier = createCopier(registry, options);
  }

  function stage<T extends SampleImage>(image: T, repository = SOURCE): T {
    registry.addImage(repository, image);
    return image;
  }

  const copy = ({ root }: SampleImage, targets: readonly CopyTarget[], resumed = false) =>
    copier.copy({ source: SOURCE, digest: root.digest, targets }, { resumed });

  /** What was asked of a host, in order. */
  const asked = (repository: RepositoryName): readonly string[] =>
    registry.calls.filter((call) => hostOf(call.repository) === hostOf(repository)).map(({ name }) => name);

  it('spares tags a look that were seen to be missing just now', async () => {
    const image = stage(makeImage({ seed: 'image', layerSizes: [10] }));
    await copy(image, [{ ...to(ONE), tagsMissing: true }]);
    assert.equal(registry.count('headManifest'), 0);
    stage(image, TWO);
    await copy(image, [{ ...to(TWO), hasDigest: true, tagsMissing: true }]);
    assert.deepEqual(asked(TWO), ['putManifest']);
  });

  it('spares a resumed copy all blobs of a digest that is there', async () => {
    const image = stage(makeImage({ seed: 'image', layerSizes: [10, 20] }));
    stage(image, ONE);
    const [outcome] = await copy(image, [to(ONE)], true);
    assert.deepEqual(asked(ONE), ['headManifest', 'headManifest', 'putManifest']);
    assert.deepEqual(outcome, {
      kind: 'copied',
      repository: ONE,
      tags: [V1],
      manifests: 1,
      blobs: 0,
      mounted: 0,
      bytes: 0,
    });
  });

  it('spares an index a child that was promoted there under a tag of its own', async () => {
    const index = stage(makeIndex({ seed: 'index', platforms: PLATFORMS, layerSizes: [10] }));
    await copy(childOf(index, 'linux/amd64'), [to(ONE)]);
    const before = asked(ONE).length;
    const [outcome] = await copy(index, [{ ...to(ONE), tags: ['v2' as Tag] }]);
    assert.equal(outcome?.kind === 'copied' && outcome.manifests, 2);
    assert.deepEqual(asked(ONE).slice(before).sort(), [
      'headManifest',
      ...times(2, 'openUpload'),
      ...times(2, 'putBlob'),
      ...times(2, 'putManifest'),
    ]);
  });

  it('holds no room for what one destination has and another still needs', async () => {
    // Room for the blobs of one child at a time.
    use({ spool: { smallBlobBytes: 0, memoryBytes: 1, diskBytes: 2_000 } });
    const index = stage(makeIndex({ seed: 'index', platforms: PLATFORMS, layerSizes: [1_500] }));
    await copy(childOf(index, 'linux/amd64'), [to(ONE)]);
    const outcomes = await copy(index, [to(ONE, 'v2'), to(TWO, 'v2')]);
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ['copied', 'copied'],
    );
  });

  it('has it ask before it sends what is large, and mount without asking', async () => {
    const payload = Buffer.alloc(LARGE);
    const image = stage(makeArtifact({ artifactType: 'application/example', payload }));
    const large = registry.addBlob(ONE, payload);
    await copy(image, [to(ONE)]);
    assert.deepEqual(
      registry.calls.filter(({ name }) => name === 'hasBlob').map(({ reference }) => reference),
      [large],
    );
    assert.equal(registry.count('putBlob'), image.blobs.length - 1);
    await copy(image, [to('one.test/other' as RepositoryName)]);
    assert.equal(registry.count('mountBlob'), image.blobs.length);
    assert.equal(registry.count('hasBlob'), 1);
  });

  it('is asked for again when a registry has lost what was mounted or remembered, and then alone', async () => {
    for (const [code, times] of [
      ['RegistryNotFound', 2],
      ['RegistryRefused', 2],
      ['RegistryDenied', 1],
    ] as const) {
      use();
      const base = { seed: 'base', layerSizes: [30] };
      const [first, second] = ['first', 'second'].map((seed) => stage(makeImage({ seed, layerSizes: [10], base })));
      await copy(first as SampleImage, [to(ONE)]);
      const before = registry.count('putManifest');
      failOnce(code, ({ name }) => name === 'putManifest');
      await copy(second as SampleImage, [to(ONE, 'v2')]);
      assert.equal(registry.count('putManifest') - before, times, code);
    }
  });

  it('is that an upload may have arrived though its answer was lost', async () => {
    const image = stage(makeImage({ seed: 'image', layerSizes: [10] }));
    failOnce('RegistryUnavailable', ({ name, reference }) => {
      const lost = name === 'putBlob' ? image.blobs.find(({ digest }) => digest === reference) : undefined;
      if (lost !== undefined) registry.addBlob(ONE, lost.bytes);
      return lost !== undefined;
    });
    const [outcome] = await copy(image, [to(ONE)]);
    assert.equal(outcome?.kind, 'copied');
    assert.equal(registry.count('putBlob'), image.blobs.length);
    assert.equal(registry.count('hasBlob'), 1);
  });

  it('is not that a session lives whose upload has failed', async () => {
    for (const code of ['RegistryUnavailable', 'RegistryNotFound', 'RegistryRefused'] as const) {
      use();
      const image = stage(makeImage({ seed: 'image', layerSizes: [] }));
      await copy(image, [to(ONE)]);
      for (const { digest } of image.blobs) registry.deleteBlob(ONE, digest);
      const opened = registry.count('openUpload');
      failOnce(code, ({ name }) => name === 'putBlob');
      // The mount comes to nothing and opens a session, which the upload that fails goes to.
      const [outcome] = await copy(image, [to('one.test/other' as RepositoryName)]);
      assert.equal(outcome?.kind, 'copied', code);
      assert.equal(registry.count('openUpload') - opened, 1, code);
    }
  });

  it('is that a refusal to write stays one', async () => {
    const image = stage(makeImage({ seed: 'image', layerSizes: [] }));
    registry.before = ({ name }) => {
      if (name === 'putBlob') throw new PromoterError('RegistryDenied', '403');
    };
    await copy(image, [to(ONE)]);
    assert.equal(registry.count('putBlob'), 1);
  });

  it('is where the blobs of a destination are that had the digest, also those of its children', async () => {
    const index = stage(makeIndex({ seed: 'index', platforms: PLATFORMS, layerSizes: [10] }));
    stage(index, ONE);
    const child = childOf(index, 'linux/amd64');
    await copy(index, [{ ...to(ONE), hasDigest: true }, to(TWO)]);
    await copy(child, [{ ...to(ONE, 'child'), tags: [] }]);
    assert.ok(!asked(ONE).includes('hasBlob') && !asked(ONE).includes('openUpload'));
    assert.equal(registry.count('putManifest', 'one.test'), 1);
  });

  /** Has the first call of a kind fail. */
  function failOnce(code: ErrorCode, isIt: (call: RegistryCall) => boolean): void {
    let failed = false;
    registry.before = (call) => {
      if (failed || !isIt(call)) return;
      failed = true;
      throw new PromoterError(code, 'once');
    };
  }
});

function to(repository: RepositoryName, tag: string = V1): CopyTarget {
  return { repository, tags: [tag as Tag], hasDigest: false };
}

function times(count: number, name: string): readonly string[] {
  return Array.from({ length: count }, () => name);
}

/** The image of one platform of an index. */
function childOf(index: SampleImage, platform: string): SampleImage {
  const children = JSON.parse(Buffer.from(index.root.bytes).toString()) as {
    manifests: readonly { digest: Digest; platform: { os: string; architecture: string } }[];
  };
  const listed = children.manifests.find((child) => `${child.platform.os}/${child.platform.architecture}` === platform);
  const root = index.manifests.find(({ digest }) => digest === listed?.digest);
  assert.ok(root);
  return { ...index, root };
}
