import assert from 'node:assert/strict';
import type { RepositoryName, Tag } from '../../src/reference.ts';
import type { RegistryClient } from '../../src/registry/client-options.ts';
import { createRegistry } from '../../src/registry/client.ts';
import { createCopier } from '../../src/registry/copy.ts';
import { makeIndex, pushSample } from '../../src/stack/sample-images.ts';
import { startDistribution } from '../support/registries.ts';
import type { TestRegistry } from '../support/registries.ts';
import { startRegistryProxy } from '../support/registry-proxy.ts';
import type { RegistryProxy, RegistryProxyOptions } from '../support/registry-proxy.ts';

const V1 = 'v1' as Tag;
const image = makeIndex({ seed: 'proxy', platforms: ['linux/amd64'], layerSizes: [100] });

describe('the proxy that tests put before a registry', () => {
  let registry: TestRegistry;
  let proxy: RegistryProxy | undefined;
  let client: RegistryClient;

  before(async () => (registry = await startDistribution()));
  after(() => registry.stop());
  afterEach(async () => {
    await client.close();
    await proxy?.close();
  });

  async function start(options: Omit<RegistryProxyOptions, 'backend'>, password = 'secret'): Promise<RegistryProxy> {
    proxy = await startRegistryProxy({ backend: registry.url, ...options });
    client = createRegistry({ credentials: async () => ({ kind: 'password', username: 'user', password }) });
    return proxy;
  }

  it('demands tokens for what they allow, also for mounts', async () => {
    const { host, counts } = await start({ tokens: { username: 'user', password: 'secret' } });
    const [source, destination] = ['staging/app', 'production/app'].map((path) => `${host}/${path}` as RepositoryName);
    await pushSample(client, source as RepositoryName, image);
    const [outcome] = await createCopier(client).copy({
      source: source as RepositoryName,
      digest: image.root.digest,
      targets: [{ repository: destination as RepositoryName, tags: [V1], hasDigest: false }],
    });
    assert.equal(outcome?.kind === 'copied' && outcome.mounted, 2);
    assert.ok((counts().token ?? 0) > 0);
  });

  it('gives none to strangers', async () => {
    const { host } = await start({ tokens: { username: 'user', password: 'secret' } }, 'wrong');
    await assert.rejects(client.headManifest(`${host}/staging/app` as RepositoryName, V1), {
      code: 'RegistryUnauthorized',
    });
  });

  it('lists digests as Google does, untagged ones too', async () => {
    const { host } = await start({ googleTags: true });
    const repository = `${host}/google/app` as RepositoryName;
    await pushSample(client, repository, image, [V1]);
    const listing = await client.listRepository(repository);
    assert.deepEqual(
      listing.kind === 'digests' && Object.fromEntries(listing.digests),
      Object.fromEntries(image.manifests.map(({ digest }) => [digest, digest === image.root.digest ? [V1] : []])),
    );
  });

  it('limits the rate of requests', async () => {
    const { url, counts } = await start({ requestsPerSecond: 5 });
    const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await fetch(`${url}/v2/`)).status));
    assert.ok(statuses.filter((status) => status === 429).length >= 4);
    assert.ok(statuses.includes(200));
    assert.deepEqual(counts(), { ping: 10 });
  });
});
