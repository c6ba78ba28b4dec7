import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import { hostOf } from '../../src/reference.ts';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';
import { createCopier } from '../../src/registry/copy.ts';
import type { CopierOptions, CopyGroup, ImageCopier, TargetOutcome } from '../../src/registry/copy.ts';
import { makeImage } from '../../src/stack/sample-images.ts';
import type { SampleImage } from '../../src/stack/sample-images.ts';
import { createMemoryRegistry } from '../support/memory-registry.ts';
import type { MemoryRegistry } from '../support/memory-registry.ts';

const SOURCE = 'staging.test/app' as RepositoryName;
const ONE = 'one.test/app' as RepositoryName;
const TWO = 'two.test/app' as RepositoryName;
const V1 = 'v1' as Tag;

describe('the copier, when something fails,', () => {
  let registry: MemoryRegistry;
  let copier: ImageCopier;
  beforeEach(() => use());

  function use(options?: CopierOptions): void {
    registry = createMemoryRegistry();
    copier = createCopier(registry, options);
  }

  function stage(seed: string, repository = SOURCE): SampleImage {
    const image = makeImage({ seed, layerSizes: [10, 20], base: { seed: 'base', layerSizes: [30] } });
    registry.addImage(repository, image);
    return image;
  }

  it('does not let one destination disturb another', async () => {
    const image = stage('image');
    registry.before = ({ repository, name }) => {
      if (repository === ONE && name === 'putBlob') throw new PromoterError('RegistryDenied', '403');
    };
    assert.deepEqual(kindsOf(await copier.copy(groupOf(image))), { [ONE]: 'failed RegistryDenied', [TWO]: 'copied' });
    assert.equal(registry.tagOf(ONE, V1), undefined);
  });

  it('does not let a slow destination hold another', async () => {
    const image = stage('image');
    const slow = Promise.withResolvers<void>();
    const tagged = Promise.withResolvers<void>();
    registry.before = ({ repository, name }) => {
      if (repository === TWO && name === 'putManifest') tagged.resolve();
      return repository === ONE && name === 'putBlob' ? slow.promise : undefined;
    };
    const copying = copier.copy(groupOf(image));
    await tagged.promise;
    slow.resolve();
    assert.deepEqual(kindsOf(await copying), { [ONE]: 'copied', [TWO]: 'copied' });
    assert.equal(registry.count('openBlob'), image.blobs.length);
  });

  it('fails every destination when the source is lost', async () => {
    const digest = `sha256:${'0'.repeat(64)}` as Digest;
    const outcomes = await copier.copy({ ...groupOf(stage('image')), digest });
    assert.deepEqual(kindsOf(outcomes), { [ONE]: 'failed SourceLost', [TWO]: 'failed SourceLost' });
  });

  it('fails every destination when the source lacks a blob', async () => {
    const image = stage('image');
    registry.deleteBlob(SOURCE, image.blobs[1]?.digest as Digest);
    const outcomes = await copier.copy(groupOf(image));
    assert.deepEqual(kindsOf(outcomes), { [ONE]: 'failed SourceLost', [TWO]: 'failed SourceLost' });
  });

  it('never sends bytes that are not what their digest says', async () => {
    const image = stage('image');
    const wrong = image.blobs[1] as SampleImage['blobs'][number];
    registry.corrupt(wrong.digest, Buffer.alloc(wrong.bytes.length));
    const outcomes = await copier.copy(groupOf(image));
    assert.deepEqual(kindsOf(outcomes), { [ONE]: 'failed DigestMismatch', [TWO]: 'failed DigestMismatch' });
    assert.ok(!registry.calls.some(({ name, reference }) => name === 'putBlob' && reference === wrong.digest));
    assert.equal(registry.count('putManifest'), 0);
  });

  it('opens a new session when an upload breaks off', async () => {
    const image = stage('image');
    let breaks = 2;
    registry.before = ({ name }) => {
      if (name === 'putBlob' && breaks-- > 0) throw new PromoterError('RegistryUnavailable', 'reset');
    };
    assert.deepEqual(kindsOf(await copier.copy(groupOf(image))), { [ONE]: 'copied', [TWO]: 'copied' });
    assert.equal(registry.count('openUpload'), 2 * image.blobs.length + 2);
    assert.equal(registry.count('openBlob'), image.blobs.length);
  });

  it('leaves a long wait to its caller', async () => {
    const image = stage('image');
    registry.before = ({ name, repository }) => {
      if (name !== 'putBlob' || repository !== ONE) return;
      throw new PromoterError('RegistryThrottled', '429', { retryAfterMs: 60_000 });
    };
    const outcomes = await copier.copy(groupOf(image));
    assert.deepEqual(kindsOf(outcomes), { [ONE]: 'failed RegistryThrottled', [TWO]: 'copied' });
    const failed = outcomes.find((outcome) => outcome.kind === 'failed');
    assert.equal(failed?.error.retryAfterMs, 60_000);
  });

  it('asks again what it believed when a registry says that blobs are missing', async () => {
    const [first, second] = [stage('first'), stage('second')];
    await copier.copy(groupOf(first));
    for (const { digest } of first.blobs) registry.deleteBlob(ONE, digest);
    const outcomes = await copier.copy(groupOf(second, 'v2'));
    assert.deepEqual(kindsOf(outcomes), { [ONE]: 'copied', [TWO]: 'copied' });
    assert.equal(registry.count('putManifest', 'one.test'), 3);
    assert.equal(registry.count('hasBlob', 'one.test'), second.blobs.length);
    assert.equal(registry.count('hasBlob', 'two.test'), 0);
  });

  it('does not repeat what a registry refuses for another reason', async () => {
    const image = stage('image');
    registry.before = ({ name }) => {
      if (name === 'putManifest') throw new PromoterError('RegistryRefused', '400 MANIFEST_INVALID');
    };
    await copier.copy(groupOf(image));
    assert.equal(registry.count('putManifest'), 2);
  });

  it('gets through with less room than one image needs', async () => {
    use({ spool: { smallBlobBytes: 0, memoryBytes: 1, diskBytes: 200 }, targetsInFlight: 3 });
    const groups = Array.from({ length: 10 }, (_, number) => groupOf(stage(`image ${number}`), `v${number}`));
    let slow = 0;
    registry.before = async ({ repository, name }) => {
      if (name === 'putBlob' && hostOf(repository) === 'one.test' && slow++ % 3 === 0) {
        throw new PromoterError('RegistryDenied', '403');
      }
    };
    const outcomes = await Promise.all(groups.map((group) => copier.copy(group)));
    const mirrored = outcomes.flat().filter(({ repository }) => repository === TWO);
    assert.ok(mirrored.every(({ kind }) => kind === 'copied'));
    assert.equal(mirrored.length, 10);
  });

  describe('and that is cancelled', () => {
    it('rejects with the reason when nothing is under way any more, and has tagged nothing', async () => {
      const image = stage('image');
      const cancelling = new AbortController();
      registry.before = ({ name }) => {
        if (name === 'putBlob') cancelling.abort(new Error('enough'));
      };
      await assert.rejects(copier.copy(groupOf(image), { signal: cancelling.signal }), /enough/);
      const calls = registry.calls.length;
      await new Promise(setImmediate);
      assert.equal(registry.calls.length, calls);
      assert.equal(registry.count('putManifest'), 0);
    });

    it('does not take along another group that wants the same blobs', async () => {
      const [first, second] = [stage('first'), stage('second')];
      const cancelling = new AbortController();
      registry.before = ({ name }) => {
        if (name === 'openBlob' && !cancelling.signal.aborted) cancelling.abort(new Error('enough'));
      };
      const cancelled = copier.copy(groupOf(first), { signal: cancelling.signal });
      const kept = copier.copy(groupOf(second, 'v2'));
      await assert.rejects(cancelled, /enough/);
      assert.deepEqual(kindsOf(await kept), { [ONE]: 'copied', [TWO]: 'copied' });
    });
  });
});

function groupOf(image: SampleImage, tag: string = V1): CopyGroup {
  const targets = [ONE, TWO].map((repository) => ({ repository, tags: [tag as Tag], hasDigest: false }));
  return { source: SOURCE, digest: image.root.digest, targets };
}

function kindsOf(outcomes: readonly TargetOutcome[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    outcomes.map((outcome) => [
      outcome.repository,
      outcome.kind === 'failed' ? `failed ${outcome.error.code}` : outcome.kind,
    ]),
  );
}
