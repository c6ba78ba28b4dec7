import assert from 'node:assert/strict';
import { hostOf } from '../../src/reference.ts';
import type { RepositoryName, Tag } from '../../src/reference.ts';
import { createCopier } from '../../src/registry/copy.ts';
import type { CopyGroup, CopyTarget, ImageCopier } from '../../src/registry/copy.ts';
import { makeArtifact, makeImage, makeIndex } from '../../src/stack/sample-images.ts';
import type { SampleImage } from '../../src/stack/sample-images.ts';
import { createMemoryRegistry } from '../support/memory-registry.ts';
import type { MemoryRegistry } from '../support/memory-registry.ts';

const SOURCE = 'staging.test/project/app' as RepositoryName;
const MIRRORS = ['one.test', 'two.test', 'three.test'];
const V1 = 'v1' as Tag;
const V2 = 'v2' as Tag;

describe('the copier', () => {
  let registry: MemoryRegistry;
  let copier: ImageCopier;
  beforeEach(() => {
    registry = createMemoryRegistry();
    copier = createCopier(registry);
  });

  function stage(image: SampleImage, repository = SOURCE): void {
    registry.addImage(repository, image);
  }

  it('needs no request above the floor', async () => {
    const projects = ['a', 'b', 'c', 'd', 'e'];
    const groups = projects.flatMap((project) => [0, 1, 2, 3].map((number) => stageImage(project, number)));
    const outcomes = await Promise.all(groups.map((group) => copier.copy(group)));
    assert.ok(outcomes.flat().every((outcome) => outcome.kind === 'copied'));

    // Per image: config and two layers of its own; per project: one layer for all.
    assert.equal(registry.count('getManifest'), 20);
    assert.equal(registry.count('openBlob'), 20 * 3 + 5);
    assert.equal(registry.count('hasBlob'), 0);
    for (const mirror of MIRRORS) {
      assert.equal(registry.count('openUpload', mirror), 20 * 3 + 5);
      assert.equal(registry.count('putBlob', mirror), 20 * 3 + 5);
      assert.equal(registry.count('mountBlob', mirror), 20 - 5);
      assert.equal(registry.count('headManifest', mirror), 20);
      assert.equal(registry.count('putManifest', mirror), 20);
    }
    assert.equal(registry.calls.length, 20 + 65 + 3 * (65 + 65 + 15 + 20 + 20));
  });

  function stageImage(project: string, number: number): CopyGroup {
    const image = makeImage({
      seed: `${project}${number}`,
      layerSizes: [100, 200],
      base: { seed: project, layerSizes: [300] },
    });
    const source = `staging.test/${project}/image-${number}` as RepositoryName;
    stage(image, source);
    const targets = MIRRORS.map((mirror) => target(`${mirror}/${project}/image-${number}`, [V1]));
    return { source, digest: image.root.digest, targets };
  }

  it('copies an index with its children before it and its tags last', async () => {
    const index = makeIndex({ seed: 'index', platforms: ['linux/amd64', 'linux/arm64'], layerSizes: [10, 20] });
    stage(index);
    const outcomes = await copyTo([target('one.test/app', [V1, V2])], index);
    assert.deepEqual(outcomes, [
      {
        kind: 'copied',
        repository: 'one.test/app',
        tags: [V1, V2],
        manifests: 4,
        blobs: 6,
        mounted: 0,
        bytes: index.blobs.reduce((sum, { bytes }) => sum + bytes.length, 0),
      },
    ]);
    const puts = registry.calls.filter(({ name }) => name === 'putManifest').map(({ reference }) => reference);
    assert.deepEqual(new Set(puts.slice(0, 2)), new Set(index.manifests.slice(0, 2).map(({ digest }) => digest)));
    assert.deepEqual(puts.slice(2), [V1, V2]);
    assert.equal(registry.count('getManifest'), 3);
  });

  it('copies an artifact without tags by its digest', async () => {
    const artifact = makeArtifact({ artifactType: 'application/example', payload: Buffer.from('payload') });
    stage(artifact);
    await copyTo([target('one.test/app', [])], artifact);
    const [put] = registry.calls.filter(({ name }) => name === 'putManifest');
    assert.equal(put?.reference, artifact.root.digest);
    assert.deepEqual(await copyTo([target('one.test/app', [])], artifact), [
      { kind: 'present', repository: 'one.test/app' },
    ]);
  });

  it('mounts from the source when it is on the destination’s host, and reads no blob', async () => {
    const image = makeImage({ seed: 'image', layerSizes: [10, 20] });
    stage(image);
    const [outcome] = await copyTo([target('staging.test/production/app', [V1])], image);
    assert.equal(outcome?.kind === 'copied' && outcome.mounted, 3);
    // L + 4 requests of reference, L being the layers.
    assert.equal(registry.calls.length, 2 + 4);
  });

  it('sends the bytes when a mount comes to nothing, into the upload that was opened for it', async () => {
    const image = makeImage({ seed: 'image', layerSizes: [10] });
    stage(image);
    await copyTo([target('one.test/a', [V1])], image);
    for (const { digest } of image.blobs) registry.deleteBlob('one.test/a' as RepositoryName, digest);
    const [outcome] = await copyTo([target('one.test/b', [V1])], image);
    assert.equal(outcome?.kind === 'copied' && outcome.blobs, 2);
    assert.equal(registry.count('mountBlob'), 2);
    assert.equal(registry.count('openUpload'), 2);
  });

  it('only adds tags where the digest is already', async () => {
    const image = makeImage({ seed: 'image', layerSizes: [10] });
    stage(image);
    stage(image, 'one.test/app' as RepositoryName);
    const outcomes = await copyTo([{ ...target('one.test/app', [V1]), hasDigest: true }], image);
    assert.deepEqual(
      registry.calls.map(({ name, repository }) => `${name} ${hostOf(repository)}`),
      ['getManifest staging.test', 'headManifest one.test', 'putManifest one.test'],
    );
    assert.equal(outcomes[0]?.kind, 'copied');
  });

  it('asks nothing of a destination that has the digest and is to have no tag', async () => {
    const image = makeImage({ seed: 'image', layerSizes: [10] });
    stage(image);
    const repository = 'one.test/app' as RepositoryName;
    const outcomes = await copyTo([{ ...target(repository, []), hasDigest: true }], image);
    assert.deepEqual(outcomes, [{ kind: 'present', repository }]);
    assert.deepEqual(registry.calls, []);
  });

  it('takes the manifest from the destination when the source no longer has it', async () => {
    const image = makeImage({ seed: 'image', layerSizes: [10] });
    const repository = 'one.test/app' as RepositoryName;
    stage(image, repository);
    const outcomes = await copyTo([{ ...target(repository, [V1]), hasDigest: true }], image);
    assert.equal(outcomes[0]?.kind, 'copied');
    assert.equal(registry.tagOf(repository, V1), image.root.digest);
  });

  it('mounts from a destination that has the digest into one on the same host that has not', async () => {
    const image = makeImage({ seed: 'image', layerSizes: [10] });
    stage(image);
    stage(image, 'one.test/a' as RepositoryName);
    const targets = [{ ...target('one.test/a', [V1]), hasDigest: true }, target('one.test/b', [V1])];
    await copyTo(targets, image);
    assert.equal(registry.count('mountBlob'), 2);
    assert.equal(registry.count('openBlob'), 0);
  });

  it('does not move a tag, and reports it beside those it wrote', async () => {
    const [image, other] = ['image', 'other'].map((seed) => makeImage({ seed, layerSizes: [10] })) as [
      SampleImage,
      SampleImage,
    ];
    const repository = 'one.test/app' as RepositoryName;
    stage(image);
    registry.addManifest(repository, other.root, [V1]);
    const outcomes = await copyTo([target(repository, [V1, V2])], image);
    assert.deepEqual(
      outcomes.map((outcome) => [outcome.kind, 'tags' in outcome && outcome.tags, 'tag' in outcome && outcome.tag]),
      [
        ['copied', [V2], false],
        ['tag-moved', false, V1],
      ],
    );
    assert.equal(registry.tagOf(repository, V1), other.root.digest);
    assert.equal(registry.tagOf(repository, V2), image.root.digest);
  });

  describe('that resumes', () => {
    it('asks once where everything is there', async () => {
      const image = makeImage({ seed: 'image', layerSizes: [10] });
      stage(image);
      stage(image, 'one.test/app' as RepositoryName);
      registry.addManifest('one.test/app' as RepositoryName, image.root, [V1]);
      const outcomes = await copyTo([target('one.test/app', [V1])], image, true);
      assert.deepEqual(outcomes, [{ kind: 'present', repository: 'one.test/app' }]);
      assert.equal(registry.count('putManifest') + registry.count('openUpload') + registry.count('openBlob'), 0);
    });

    it('sends what is missing', async () => {
      const index = makeIndex({ seed: 'index', platforms: ['linux/amd64', 'linux/arm64'], layerSizes: [10] });
      const repository = 'one.test/app' as RepositoryName;
      stage(index);
      const [done, half] = [makeImage(imageOf('amd64')), makeImage(imageOf('arm64'))];
      stage(done, repository);
      registry.addBlob(repository, half.blobs[1]?.bytes as Uint8Array);
      const [outcome] = await copyTo([target(repository, [V1])], index, true);
      assert.equal(outcome?.kind === 'copied' && outcome.blobs, 1);
      assert.equal(outcome?.kind === 'copied' && outcome.manifests, 2);
      assert.equal(registry.count('openBlob'), 1);
    });

    const imageOf = (architecture: string) => ({
      seed: 'index',
      platform: `linux/${architecture}`,
      layerSizes: [10],
    });
  });

  function copyTo(targets: readonly CopyTarget[], image: SampleImage, resumed = false) {
    return copier.copy({ source: SOURCE, digest: image.root.digest, targets }, { resumed });
  }
});

function target(repository: string, tags: readonly Tag[]): CopyTarget {
  return { repository: repository as RepositoryName, tags, hasDigest: false };
}
