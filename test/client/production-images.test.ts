import assert from 'node:assert/strict';
import { namedImages, recentImages, type ProductionImage } from '../../src/client/production-images.ts';
import type { Digest, RegistryName, RepositoryName, Tag } from '../../src/reference.ts';
import type { HeldDigest, HeldRepository, WalkOptions } from '../../src/registry/walk.ts';
import { digestOf } from '../manifest/sample-bundle.ts';

const REGISTRY = 'a.test/k8s-artifacts-prod/images' as RegistryName;
const [A, B, C] = ['a', 'b', 'c'].map(digestOf) as [Digest, Digest, Digest];
const ALL = { from: 0, to: 100, limit: 0 };

type Content = Readonly<Record<string, Readonly<Record<Digest, readonly [tags: readonly string[], at?: number]>>>>;

/** A registry that holds this, by path below it. */
function holding(content: Content) {
  const held = Object.entries(content).map(([path, digests]): HeldRepository => {
    const entries = Object.entries(digests).map(([digest, [tags, uploadedAt]]): [Digest, HeldDigest] => [
      digest as Digest,
      { tags: tags as readonly Tag[], mediaType: '', ...(uploadedAt === undefined ? {} : { uploadedAt }) },
    ]);
    const repository = (path === '' ? REGISTRY : `${REGISTRY}/${path}`) as RepositoryName;
    return { repository, digests: new Map(entries), complete: true };
  });
  return {
    async *walk(_: RegistryName, { repositories }: WalkOptions = {}) {
      for (const one of held) if (repositories?.includes(one.repository) !== false) yield one;
    },
    headManifest: async (repository: RepositoryName, reference: Tag | Digest) => {
      const { digests } = held.find((one) => one.repository === repository) ?? {
        digests: new Map<Digest, HeldDigest>(),
      };
      const found = [...digests].find(([digest, { tags }]) => [digest, ...tags].includes(reference));
      return found && { digest: found[0], mediaType: '', size: 1 };
    },
  };
}

const shown = (images: readonly ProductionImage[]) => images.map(({ name, digest, tags }) => [name, digest, ...tags]);

describe('the images of a production registry', () => {
  it('are those with a tag that were uploaded in the window, newest first', async () => {
    const registry = holding({
      '': { [C]: [['odd'], 50] },
      old: { [A]: [['v1'], 9] },
      app: { [A]: [['v1', 'latest'], 10], [B]: [['v2'], 30], [C]: [[], 30] },
      late: { [A]: [['v1'], 31] },
    });
    const { images, dated } = await recentImages(registry, REGISTRY, { from: 10, to: 30, limit: 0 });
    assert.deepEqual(shown(images), [
      ['app', B, 'v2'],
      ['app', A, 'v1', 'latest'],
    ]);
    assert.equal(dated, true);
  });

  it('are no signatures, and not those of single platforms', async () => {
    const signature = `${A.replace(':', '-')}.sig`;
    const registry = holding({
      'kube-proxy': { [A]: [['v1'], 1], [B]: [[signature], 1], [C]: [[`${signature.slice(0, -4)}.att`, 'v2'], 2] },
      'kube-proxy-arm64': { [A]: [['v1'], 1] },
      'kube-proxy-arm64/sub': { [A]: [['v1'], 0] },
    });
    const { images } = await recentImages(registry, REGISTRY, ALL);
    assert.deepEqual(shown(images), [
      ['kube-proxy', C, 'v2'],
      ['kube-proxy', A, 'v1'],
      ['kube-proxy-arm64/sub', A, 'v1'],
    ]);
  });

  it('are all where the registry does not say when they came', async () => {
    const { images, dated } = await recentImages(holding({ app: { [A]: [['v1']] } }), REGISTRY, { ...ALL, from: 99 });
    assert.deepEqual([shown(images), dated], [[['app', A, 'v1']], false]);
  });

  it('are at most so many as asked for', async () => {
    const registry = holding({ app: { [A]: [['v1'], 1], [B]: [['v2'], 2] } });
    const { images } = await recentImages(registry, REGISTRY, { ...ALL, limit: 1 });
    assert.deepEqual(shown(images), [['app', B, 'v2']]);
  });

  it('can be named as users pull them, by tag, digest or repository', async () => {
    const registry = holding({ 'sub/app': { [A]: [['v1']], [B]: [['v2']], [C]: [[]] } });
    const named = (...references: readonly string[]) => namedImages(registry, REGISTRY, references);
    assert.deepEqual(shown(await named('registry.k8s.io/sub/app:v2', `${REGISTRY}/sub/app@${C}`)), [
      ['sub/app', B, 'v2'],
      ['sub/app', C],
    ]);
    assert.deepEqual(shown(await named('registry.k8s.io/sub/app')), [
      ['sub/app', A, 'v1'],
      ['sub/app', B, 'v2'],
    ]);
    await assert.rejects(named('registry.k8s.io/sub/app:v3'), { code: 'RegistryNotFound' });
    await assert.rejects(named('other.test/app:v1'), { code: 'UsageInvalid', message: /not below registry\.k8s\.io/ });
  });
});
