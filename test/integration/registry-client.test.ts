import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';
import type { RegistryClient, RegistryOptions } from '../../src/registry/client-options.ts';
import { createRegistry } from '../../src/registry/client.ts';
import type { Credentials } from '../../src/registry/credentials.ts';
import type { ManifestContent } from '../../src/registry/registry.ts';
import { findProgram } from '../../src/stack/programs.ts';
import { startDistribution, startGgcr } from '../support/registries.ts';
import type { TestRegistry } from '../support/registries.ts';
import { startRegistryProxy } from '../support/registry-proxy.ts';
import type { RegistryProxy, RegistryProxyOptions } from '../support/registry-proxy.ts';

const V1 = 'v1' as Tag;
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const ACCOUNT = { username: 'promoter', password: 'let me in' };
const KNOWN: Credentials = { kind: 'password', ...ACCOUNT };

function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

function blobOf(bytes: Buffer) {
  return { digest: digestOf(bytes), size: bytes.length };
}

function manifestOf(config: Buffer, layers: readonly Buffer[], more: object = {}): ManifestContent {
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...blobOf(config) },
      layers: layers.map((layer) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...blobOf(layer) })),
      ...more,
    }),
  );
  return { digest: digestOf(bytes), mediaType: MANIFEST_TYPE, bytes };
}

/** Pushes an image and reads all of it back, by every operation that a registry has. */
async function roundTrip(registry: RegistryClient, host: string, name: string): Promise<ManifestContent> {
  const repository = `${host}/${name}` as RepositoryName;
  const second = `${host}/mounted/${name}` as RepositoryName;
  const layer = randomBytes(5_000_000);
  const rootfs = { type: 'layers', diff_ids: [digestOf(layer)] };
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs }));
  const image = manifestOf(config, [layer]);

  await registry.ping(host);
  await registry.probeWrite(repository);
  assert.deepEqual(await registry.listRepository(repository), { kind: 'names', tags: new Set() });
  assert.equal(await registry.headManifest(repository, V1), undefined);
  assert.equal(await registry.getManifest(repository, image.digest), undefined);

  await registry.putBlobAtOnce(repository, blobOf(config), () => config);
  await registry.putBlob(await registry.openUpload(repository), blobOf(layer), () => Readable.from([layer]));
  assert.equal(await registry.hasBlob(repository, blobOf(layer).digest), true);
  await registry.putManifest(repository, V1, image);

  assert.deepEqual(await registry.listRepository(repository), { kind: 'names', tags: new Set([V1]) });
  const head = { digest: image.digest, mediaType: MANIFEST_TYPE, size: image.bytes.length };
  assert.deepEqual(await registry.headManifest(repository, V1), head);
  assert.deepEqual(Buffer.from((await registry.getManifest(repository, image.digest))?.bytes ?? []), image.bytes);
  assert.ok((await buffer(await registry.openBlob(repository, blobOf(layer)))).equals(layer));

  for (const bytes of [config, layer]) {
    const mounted = await registry.mountBlob(second, blobOf(bytes).digest, repository);
    if (mounted !== 'mounted') await registry.putBlob(mounted, blobOf(bytes), () => bytes);
  }
  await registry.putManifest(second, image.digest, image);
  assert.deepEqual(await registry.headManifest(second, image.digest), head);
  return image;
}

/** Five referrers pushed at once must all be listed afterwards. */
async function referrersRoundTrip(registry: RegistryClient, host: string): Promise<void> {
  const repository = `${host}/signed` as RepositoryName;
  const config = Buffer.from('{}');
  await registry.putBlobAtOnce(repository, blobOf(config), () => config);
  const image = manifestOf(config, []);
  await registry.putManifest(repository, V1, image);
  const subject = { mediaType: MANIFEST_TYPE, digest: image.digest, size: image.bytes.length };
  const referrers = ['one', 'two', 'three', 'four', 'five'].map((name) =>
    manifestOf(config, [], { artifactType: 'example/signature', annotations: { name }, subject }),
  );
  await Promise.all(referrers.map((referrer) => registry.pushReferrer(repository, subject, referrer)));
  const listed = await registry.listReferrers(repository, image.digest);
  assert.deepEqual(new Set(listed.map(({ digest }) => digest)), new Set(referrers.map(({ digest }) => digest)));
  assert.ok(listed.every(({ artifactType }) => artifactType === 'example/signature'));
}

for (const [name, start] of [
  ['distribution', startDistribution],
  ['go-containerregistry', startGgcr],
] as const) {
  describe(`registry client on ${name}`, () => {
    let backend: TestRegistry;
    const closing: (() => Promise<void>)[] = [];

    before(async () => {
      backend = await start();
    });
    afterEach(async () => {
      for (const close of closing.splice(0)) await close();
    });
    after(() => backend.stop());

    function client(options: RegistryOptions = {}): RegistryClient {
      const registry = createRegistry({ retry: { firstDelayMs: 10, maxDelayMs: 50 }, ...options });
      closing.push(() => registry.close());
      return registry;
    }

    async function proxied(options: Omit<RegistryProxyOptions, 'backend'>): Promise<RegistryProxy> {
      const proxy = await startRegistryProxy({ backend: backend.url, ...options });
      closing.push(() => proxy.close());
      return proxy;
    }

    it('does everything, to the satisfaction of crane', async () => {
      const image = await roundTrip(client(), backend.host, 'plain/app');
      const crane = await findProgram('crane');
      const { stdout } = await promisify(execFile)(crane, ['digest', '--insecure', `${backend.host}/plain/app:v1`]);
      assert.equal(stdout.trim(), image.digest);
      await promisify(execFile)(crane, [
        'validate',
        '--insecure',
        '--remote',
        `${backend.host}/plain/app:v1`,
        '--fast',
      ]);
    });

    it('does everything with a token server', async () => {
      const proxy = await proxied({ tokens: ACCOUNT });
      const registry = client({ credentials: () => Promise.resolve(KNOWN) });
      await roundTrip(registry, proxy.host, 'token/app');
      assert.equal(
        proxy.log().filter(({ status }) => status === 401).length,
        1,
        'only the first request is a question',
      );
    });

    it('renews tokens that expire in between', async () => {
      const proxy = await proxied({ tokens: { ...ACCOUNT, lifetimeSeconds: 0.05 } });
      await roundTrip(client({ credentials: () => Promise.resolve(KNOWN) }), proxy.host, 'short/app');
    });

    it('does not get in with wrong credentials, or none', async () => {
      const proxy = await proxied({ tokens: ACCOUNT });
      for (const credentials of [undefined, { ...KNOWN, password: 'guessed' }]) {
        await assert.rejects(client({ credentials: () => Promise.resolve(credentials) }).ping(proxy.host), {
          code: 'RegistryUnauthorized',
        });
      }
    });

    it('gets one token for many repositories that were announced', async () => {
      const proxy = await proxied({ tokens: ACCOUNT });
      const registry = client({ credentials: () => Promise.resolve(KNOWN) });
      const repositories = Array.from({ length: 20 }, (_, index) => `${proxy.host}/r${index}` as RepositoryName);
      registry.expectAccess(repositories, 'pull');
      for (const repository of repositories) await registry.listRepository(repository);
      assert.equal(proxy.log().filter((request) => request.class === 'token').length, 1);
    });

    it('attaches five referrers at once and loses none', async () => {
      await referrersRoundTrip(client(), backend.host);
    });

    it('is patient with a registry that grants few requests a second', async () => {
      const proxy = await proxied({ requestsPerSecond: 30 });
      const registry = client();
      const repositories = Array.from({ length: 100 }, (_, index) => `${proxy.host}/r${index}` as RepositoryName);
      const listings = await Promise.all(repositories.map((repository) => registry.listRepository(repository)));
      assert.equal(listings.length, 100);
    });

    it('outlives connections that break and stall', async () => {
      const proxy = await proxied({
        faults: [
          { class: /^manifest/, action: 'drop', count: 2 },
          { class: /^tags/, action: 'stall', count: 1 },
          { class: /^blob\.get/, action: 'truncate', count: 1 },
        ],
      });
      await roundTrip(client({ timeouts: { headersMs: 300, bodyIdleMs: 300 } }), proxy.host, 'faulty/app');
    });
  });
}
