import assert from 'node:assert/strict';
import type { RepositoryName, Tag } from '../../src/reference.ts';
import type { RegistryClient } from '../../src/registry/client-options.ts';
import { createRegistry } from '../../src/registry/client.ts';
import { createCopier } from '../../src/registry/copy.ts';
import type { CopyGroup, ImageCopier, TargetOutcome } from '../../src/registry/copy.ts';
import { makeIndex, pushSample } from '../../src/stack/sample-images.ts';
import type { SampleImage } from '../../src/stack/sample-images.ts';
import { startDistribution } from '../support/registries.ts';
import type { TestRegistry } from '../support/registries.ts';
import type { FaultRule } from '../support/registry-proxy-faults.ts';
import { startRegistryProxy } from '../support/registry-proxy.ts';
import type { RegistryProxy } from '../support/registry-proxy.ts';

const V1 = 'v1' as Tag;

describe('copying when registries misbehave', () => {
  let registries: readonly TestRegistry[] = [];
  let staging: RegistryProxy;
  let mirrors: readonly RegistryProxy[] = [];
  let direct: RegistryClient;
  let client: RegistryClient;
  let copier: ImageCopier;
  let images = 0;

  before(async () => {
    registries = await Promise.all([startDistribution(), startDistribution(), startDistribution()]);
    const [first, ...others] = await Promise.all(
      registries.map((registry) => startRegistryProxy({ backend: registry.url })),
    );
    staging = first as RegistryProxy;
    mirrors = others;
    direct = createRegistry();
  });
  after(async () => {
    await direct.close();
    await Promise.all([staging, ...mirrors].map((proxy) => proxy.close()));
    await Promise.all(registries.map((registry) => registry.stop()));
  });
  beforeEach(() => {
    client = createRegistry({
      timeouts: { headersMs: 300, bodyIdleMs: 300 },
      retry: { firstDelayMs: 10, maxDelayMs: 50 },
    });
    copier = createCopier(client);
  });
  afterEach(async () => {
    for (const proxy of [staging, ...mirrors]) proxy.setFaults([]);
    await client.close();
  });

  async function stage(): Promise<{ readonly image: SampleImage; readonly group: CopyGroup }> {
    images += 1;
    const image = makeIndex({ seed: `${images}`, platforms: ['linux/amd64', 'linux/arm64'], layerSizes: [5000, 2e6] });
    const source = `${staging.host}/staging/image-${images}` as RepositoryName;
    await pushSample(direct, source, image);
    const targets = mirrors.map(({ host }) => ({
      repository: `${host}/production/image-${images}` as RepositoryName,
      tags: [V1],
      hasDigest: false,
    }));
    return { image, group: { source, digest: image.root.digest, targets } };
  }

  /** Everything an image consists of is there when its tag is: real registries see to that, and we look. */
  async function assertComplete({ image, group }: Awaited<ReturnType<typeof stage>>): Promise<void> {
    for (const { repository } of group.targets) {
      assert.equal((await direct.headManifest(repository, V1))?.digest, image.root.digest);
      for (const { digest } of image.blobs) assert.ok(await direct.hasBlob(repository, digest));
    }
  }

  const passing: Readonly<Record<string, { readonly staging?: FaultRule; readonly mirror?: FaultRule }>> = {
    'a blob is cut off at its source': { staging: { class: /blob.get/, count: 1, action: 'truncate' } },
    'a blob arrives altered from its source': { staging: { class: /blob.get/, count: 1, action: 'corrupt' } },
    'a blob stops in its middle': { staging: { class: /blob.get/, count: 1, action: 'stall-body' } },
    'a manifest never comes': { staging: { class: /manifest.get/, count: 1, action: 'stall' } },
    'a blob is altered on its way to a mirror': { mirror: { class: /upload.put/, count: 1, action: 'corrupt' } },
    'uploads are dropped': { mirror: { class: /upload.put/, count: 2, action: 'drop' } },
    'the answer to an upload is lost': { mirror: { class: /upload.put/, count: 1, action: 'lose-answer' } },
    'an upload session is lost': {
      mirror: { class: /upload.put/, count: 1, action: { status: 404, code: 'BLOB_UPLOAD_UNKNOWN' } },
    },
    'the answer to a manifest is lost': { mirror: { class: /manifest.put/, count: 1, action: 'lose-answer' } },
    'a mirror throttles': { mirror: { class: /upload/, count: 2, action: { status: 429, retryAfter: '0' } } },
    'a mirror fails now and then': { mirror: { probability: 0.1, action: { status: 503 } } },
    'connections break now and then': { mirror: { probability: 0.05, action: 'drop' } },
  };
  for (const [what, faults] of Object.entries(passing)) {
    it(`gets through when ${what}`, async () => {
      const staged = await stage();
      staging.setFaults(faults.staging === undefined ? [] : [faults.staging]);
      mirrors[0]?.setFaults(faults.mirror === undefined ? [] : [faults.mirror]);
      assert.deepEqual(kindsOf(await copier.copy(staged.group)), ['copied', 'copied']);
      await assertComplete(staged);
    });
  }

  const lasting: Readonly<Record<string, { readonly rule: FaultRule; readonly code: string }>> = {
    refuses: { rule: { action: { status: 403, code: 'DENIED' } }, code: 'RegistryDenied' },
    'answers 500 for ever': { rule: { action: { status: 500 } }, code: 'RegistryUnavailable' },
    'drops every connection': { rule: { action: 'drop' }, code: 'RegistryUnavailable' },
  };
  for (const [what, { rule, code }] of Object.entries(lasting)) {
    it(`serves the other mirrors when one ${what}, and that one later`, async () => {
      const staged = await stage();
      mirrors[0]?.setFaults([rule]);
      const outcomes = await copier.copy(staged.group);
      assert.deepEqual(kindsOf(outcomes), [code, 'copied']);
      mirrors[0]?.setFaults([]);
      copier = createCopier(direct);
      assert.deepEqual(kindsOf(await copier.copy(staged.group, { resumed: true })), ['copied', 'present']);
      await assertComplete(staged);
    });
  }

  it('writes nothing of a source whose bytes do not match their digest', async () => {
    const { image, group } = await stage();
    const layer = image.blobs[1]?.digest ?? '';
    staging.setFaults([{ path: new RegExp(layer), action: 'corrupt' }]);
    assert.deepEqual(kindsOf(await copier.copy(group)), ['DigestMismatch', 'DigestMismatch']);
    for (const { repository } of group.targets) {
      assert.equal(await direct.headManifest(repository, V1), undefined);
      assert.equal(await direct.hasBlob(repository, image.blobs[1]?.digest as SampleImage['root']['digest']), false);
    }
  });

  it('leaves complete tags or none when it is cancelled anywhere', async () => {
    for (const step of [1, 4, 8, 12, 16, 20]) {
      const staged = await stage();
      const cancelling = new AbortController();
      let calls = 0;
      const counted = new Proxy(client, {
        get: (target, name: keyof RegistryClient) => {
          if ((calls += 1) === step) cancelling.abort(new Error('cancelled'));
          return target[name];
        },
      });
      await assert.rejects(createCopier(counted).copy(staged.group, { signal: cancelling.signal }), /cancelled/);
      for (const { repository } of staged.group.targets) {
        const head = await direct.headManifest(repository, V1);
        if (head === undefined) continue;
        for (const { digest } of staged.image.manifests) assert.ok(await direct.headManifest(repository, digest));
        for (const { digest } of staged.image.blobs) assert.ok(await direct.hasBlob(repository, digest));
      }
      await copier.copy(staged.group, { resumed: true });
      await assertComplete(staged);
    }
  });
});

function kindsOf(outcomes: readonly TargetOutcome[]): readonly string[] {
  return outcomes.map((outcome) => (outcome.kind === 'failed' ? outcome.error.code : outcome.kind));
}
