import assert from 'node:assert/strict';
import { startRegistryProcess, type RegistryProcess } from '../../bench/registry-process.ts';
import { loadWork } from '../../bench/work/loading.ts';
import { edgesPresent } from '../../bench/work/outcome.ts';
import { SIZES } from '../../bench/work/size.ts';
import { makeWork, productionPath, type Work } from '../../bench/work/work.ts';
import { createRegistry } from '../../src/registry/client.ts';
import type { RegistryClient } from '../../src/registry/client-options.ts';
import { createCopier } from '../../src/registry/copy.ts';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';

describe('the registry of the measurements', () => {
  let registry: RegistryProcess;
  let client: RegistryClient;
  let work: Work;
  before(async () => {
    registry = await startRegistryProcess(4);
    const [staging = '', ...mirrors] = registry.hosts;
    work = makeWork(SIZES.S, staging, mirrors);
    await loadWork(registry, work, false);
    await registry.snapshot('start');
  });
  beforeEach(async () => {
    client = createRegistry();
    await registry.restore('start');
    await registry.settings({ latencyMs: 0, rate: 0, faults: [], google: true, singlePost: false, tokens: false });
    await registry.reset();
  });
  afterEach(() => client.close());
  after(() => registry.stop());

  const repositoryOf = (host: string, number = 0): RepositoryName => {
    const { project, name } = work.repositories[number]!;
    const path = host === work.staging ? `k8s-staging-${project}` : productionPath(project);
    return `${host}/${path}/${name}` as RepositoryName;
  };
  const firstImage = () => work.repositories[0]!.images[0]!;
  const copyFirst = () =>
    createCopier(client).copy({
      source: repositoryOf(work.staging),
      digest: firstImage().image.digest as Digest,
      targets: work.mirrors.map((mirror) => ({
        repository: repositoryOf(mirror),
        tags: [firstImage().tag as Tag],
        hasDigest: false,
      })),
    });

  it('takes images, counts what that took, and goes back to how it was', async () => {
    const outcomes = await copyFirst();
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ['copied', 'copied', 'copied'],
    );
    assert.equal(await edgesPresent(registry, work), 3);
    const { class: classes, requests } = await registry.counts();
    assert.deepEqual(classes, {
      'manifest.get': 1,
      'blob.get': 4,
      'upload.post': 12,
      'upload.put': 12,
      'manifest.head': 3,
      'manifest.put': 3,
    });
    assert.equal(requests, 35);
    await registry.restore('start');
    assert.equal(await edgesPresent(registry, work), 0);
  });

  it('takes a blob in one request where it is told to', async () => {
    await registry.settings({ singlePost: true });
    await copyFirst();
    const { class: classes } = await registry.counts();
    assert.equal(classes['upload.post'], 12);
    assert.equal(classes['upload.put'], undefined);
  });

  it('asks for tokens where it is told to, and gives them', async () => {
    await registry.settings({ tokens: true });
    await copyFirst();
    assert.equal(await edgesPresent(registry, work), 3);
    assert.ok(((await registry.counts()).class.token ?? 0) > 0);
  });

  it('lists every digest as Google’s registries do, or tags alone', async () => {
    const listing = await client.listRepository(repositoryOf(work.staging));
    assert.equal(listing.kind, 'digests');
    await registry.settings({ google: false });
    assert.deepEqual(await client.listRepository(repositoryOf(work.staging)), {
      kind: 'names',
      tags: new Set(work.repositories[0]!.images.map(({ tag }) => tag)),
    });
  });

  it('refuses what comes faster than the rate', async () => {
    await registry.settings({ rate: 5 });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => fetch(`http://${work.staging}/v2/`).then(({ status }) => status)),
    );
    assert.ok(answers.filter((status) => status === 429).length >= 10);
    assert.equal((await registry.counts()).throttled, answers.filter((status) => status === 429).length);
  });

  it('goes wrong as rules say, and no longer', async () => {
    await registry.settings({ faults: [{ action: 'status', class: '^manifest.get$', status: 503, count: 1 }] });
    const answer = await copyFirst();
    assert.deepEqual(
      answer.map(({ kind }) => kind),
      ['copied', 'copied', 'copied'],
    );
    assert.equal((await registry.counts()).faults, 1);
  });

  it('refuses a manifest while its blobs are missing', async () => {
    const { image, tag } = firstImage();
    const content = {
      digest: image.digest as Digest,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      bytes: image.manifest,
    };
    await assert.rejects(
      client.putManifest(repositoryOf(work.mirrors[0]!), tag as Tag, content),
      /MANIFEST_BLOB_UNKNOWN/,
    );
  });

  it('makes a mirror what staging is, and writing to one changes nothing at the other', async () => {
    await loadWork(registry, work, true);
    assert.equal(await edgesPresent(registry, work), 60);
    const [mirror = ''] = work.mirrors;
    assert.equal(await client.deleteTag(repositoryOf(mirror), firstImage().tag as Tag), true);
    assert.equal(await edgesPresent(registry, work), 59);
    assert.ok(await client.headManifest(repositoryOf(work.staging), firstImage().tag as Tag));
  });
});
