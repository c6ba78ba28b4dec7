import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { RepositoryName, Tag } from '../../src/reference.ts';
import { createRegistry } from '../../src/registry/client.ts';
import type { RegistryClient } from '../../src/registry/client-options.ts';
import { createCopier } from '../../src/registry/copy.ts';
import type { CopyTarget, ImageCopier, TargetOutcome } from '../../src/registry/copy.ts';
import type { ManifestContent } from '../../src/registry/registry.ts';
import { findProgram } from '../../src/stack/programs.ts';
import { makeArtifact, makeImage, makeIndex, pushSample } from '../../src/stack/sample-images.ts';
import type { SampleImage } from '../../src/stack/sample-images.ts';
import { digestOf } from '../../src/stack/sample-layers.ts';
import { startDistribution, startGgcr } from '../support/registries.ts';
import type { TestRegistry } from '../support/registries.ts';
import { startRegistryProxy } from '../support/registry-proxy.ts';
import type { RegistryProxy } from '../support/registry-proxy.ts';

const run = promisify(execFile);
const V1 = 'v1' as Tag;
const MIB = 1024 * 1024;

describe('copying between real registries', () => {
  let crane: string;
  let registries: readonly TestRegistry[] = [];
  let staging: RegistryProxy;
  /** distribution, and go-containerregistry's. */
  let mirrors: readonly RegistryProxy[] = [];
  let client: RegistryClient;
  let copier: ImageCopier;
  let repositories = 0;

  before(async () => {
    crane = await findProgram('crane');
    registries = await Promise.all([startDistribution(), startDistribution(), startGgcr()]);
    const [first, ...others] = await Promise.all(
      registries.map((registry) => startRegistryProxy({ backend: registry.url })),
    );
    staging = first as RegistryProxy;
    mirrors = others;
    client = createRegistry();
  });
  after(async () => {
    await client.close();
    await Promise.all([staging, ...mirrors].map((proxy) => proxy.close()));
    await Promise.all(registries.map((registry) => registry.stop()));
  });
  beforeEach(() => {
    copier = createCopier(client);
    repositories += 1;
    for (const proxy of [staging, ...mirrors]) proxy.setFaults([]);
  });

  const source = (name = 'app'): RepositoryName => `${staging.host}/staging-${repositories}/${name}` as RepositoryName;
  const destinations = (name = 'app'): readonly RepositoryName[] =>
    mirrors.map(({ host }) => `${host}/production-${repositories}/${name}` as RepositoryName);
  const targets = (name?: string): readonly CopyTarget[] =>
    destinations(name).map((repository) => ({ repository, tags: [V1], hasDigest: false }));

  async function push(image: SampleImage, name?: string): Promise<void> {
    await pushSample(client, source(name), image);
    for (const proxy of [staging, ...mirrors]) proxy.clear();
  }

  function copy(image: SampleImage, resumed = false): Promise<readonly TargetOutcome[]> {
    return copier.copy({ source: source(), digest: image.root.digest, targets: targets() }, { resumed });
  }

  async function assertArrived(image: SampleImage, name?: string): Promise<void> {
    for (const repository of destinations(name)) {
      const { stdout } = await run(crane, ['digest', `${repository}:${V1}`]);
      assert.equal(stdout.trim(), image.root.digest);
    }
  }

  async function assertValid(image: SampleImage): Promise<void> {
    for (const repository of destinations()) {
      await run(crane, ['validate', '--remote', `${repository}@${image.root.digest}`]);
    }
  }

  const samples: Readonly<Record<string, SampleImage>> = {
    'an image': makeImage({ seed: 'image', layerSizes: [1000, 2 * MIB] }),
    'an index': makeIndex({ seed: 'index', platforms: ['linux/amd64', 'linux/arm64/v8'], layerSizes: [1000, 0] }),
    'a Docker manifest list': inDockerTypes(makeImage({ seed: 'docker', layerSizes: [100] })),
    'an artifact': makeArtifact({ artifactType: 'application/example', payload: Buffer.from('payload') }),
  };
  for (const [what, image] of Object.entries(samples)) {
    it(`keeps the digest of ${what}, and does nothing the second time`, async () => {
      await push(image);
      assert.ok((await copy(image)).every(({ kind }) => kind === 'copied'));
      await assertArrived(image);
      if (what !== 'an artifact') await assertValid(image);
      for (const proxy of mirrors) proxy.clear();
      copier = createCopier(client);
      assert.ok((await copy(image, true)).every(({ kind }) => kind === 'present'));
      for (const proxy of mirrors) assert.deepEqual(proxy.counts(), { 'manifest.head': 2 });
    });
  }

  it('needs at most two requests for a new blob, one for a known one, two for a tag', async () => {
    const base = { seed: 'base', layerSizes: [500] };
    const [one, two] = ['one', 'two'].map((seed) => makeImage({ seed, layerSizes: [100], base }));
    for (const [name, image] of Object.entries({ one, two })) await push(image as SampleImage, name);
    await Promise.all(
      Object.entries({ one, two }).map(([name, image]) =>
        copier.copy({ source: source(name), digest: (image as SampleImage).root.digest, targets: targets(name) }),
      ),
    );
    assert.deepEqual(staging.counts(), { 'manifest.get': 2, 'blob.get': 5 });
    // The second kind takes a blob with its POST, but answers a mount by opening an upload.
    for (const [proxy, puts] of [
      [mirrors[0], { 'upload.put': 5 }],
      [mirrors[1], { 'upload.put': 1 }],
    ] as const) {
      const others = { 'blob.mount': 1, 'manifest.head': 2, 'manifest.put': 2 };
      assert.deepEqual(proxy?.counts(), { 'upload.post': 5, ...puts, ...others });
    }
    await assertArrived(one as SampleImage, 'one');
    await assertArrived(two as SampleImage, 'two');
  });

  it('copies what it does not know, where the registry takes it', async () => {
    const known = samples['an artifact'] as SampleImage;
    const root = typed(known.root, [[known.root.mediaType, 'application/vnd.example.future+json']]);
    const image = { root, manifests: [root], blobs: known.blobs };
    const repositories = [mirrors[1]?.host, mirrors[1]?.host].map(
      (host, number) => `${host}/future-${number}/deeply/nested/app` as RepositoryName,
    ) as [RepositoryName, RepositoryName];
    await pushSample(client, repositories[0], image);
    const [outcome] = await copier.copy({
      source: repositories[0],
      digest: root.digest,
      targets: [{ repository: repositories[1], tags: [V1], hasDigest: false }],
    });
    assert.equal(outcome?.kind, 'copied');
    assert.equal((await client.headManifest(repositories[1], V1))?.mediaType, root.mediaType);
  });

  it('mounts within one registry and moves no byte', async () => {
    const image = samples['an index'] as SampleImage;
    await push(image);
    const repository = `${staging.host}/production-${repositories}/app` as RepositoryName;
    await copier.copy({
      source: source(),
      digest: image.root.digest,
      targets: [{ repository, tags: [V1], hasDigest: false }],
    });
    assert.deepEqual(staging.counts(), { 'manifest.get': 3, 'blob.mount': 6, 'manifest.head': 1, 'manifest.put': 3 });
    assert.equal((await run(crane, ['digest', `${repository}:${V1}`])).stdout.trim(), image.root.digest);
  });
});

/** The same image as `docker buildx` without OCI media types makes it, in a list. */
function inDockerTypes({ root, blobs }: SampleImage): SampleImage {
  const DOCKER = 'application/vnd.docker';
  const image = typed(root, [
    ['application/vnd.oci.image.manifest.v1+json', `${DOCKER}.distribution.manifest.v2+json`],
    ['application/vnd.oci.image.config.v1+json', `${DOCKER}.container.image.v1+json`],
    ['application/vnd.oci.image.layer.v1.tar+gzip', `${DOCKER}.image.rootfs.diff.tar.gzip`],
  ]);
  const { digest, mediaType, bytes } = image;
  const platform = { os: 'linux', architecture: 'amd64' };
  const list = manifestOf(
    `${DOCKER}.distribution.manifest.list.v2+json`,
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${DOCKER}.distribution.manifest.list.v2+json`,
      manifests: [{ mediaType, digest, size: bytes.length, platform }],
    }),
  );
  return { root: list, manifests: [image, list], blobs };
}

function typed(manifest: ManifestContent, types: readonly (readonly [string, string])[]): ManifestContent {
  const replace = (text: string): string => types.reduce((result, [from, to]) => result.replaceAll(from, to), text);
  return manifestOf(replace(manifest.mediaType), replace(Buffer.from(manifest.bytes).toString()));
}

function manifestOf(mediaType: string, text: string): ManifestContent {
  const bytes = Buffer.from(text);
  return { digest: digestOf(bytes), mediaType, bytes };
}
