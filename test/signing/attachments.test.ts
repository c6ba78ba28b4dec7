import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import type { Digest, RepositoryName } from '../../src/reference.ts';
import type { Descriptor, ManifestContent } from '../../src/registry/registry.ts';
import { attachLayer, layersIn } from '../../src/signing/attach-layer.ts';
import {
  attachmentTag,
  blobOf,
  bundleManifest,
  digestOf,
  emptyConfig,
  layeredManifest,
} from '../../src/signing/attachment-manifest.ts';
import { readAttachments } from '../../src/signing/attachments.ts';
import { digestsOf } from '../../src/signing/index-children.ts';
import { BUNDLE_V03, COSIGN_SIGN, DSSE_ENVELOPE, SIMPLE_SIGNING } from '../../src/signing/media-types.ts';
import { makeIndex, pushSample } from '../../src/stack/sample-images.ts';
import { createMemoryRegistry } from '../support/memory-registry.ts';

const repository = 'registry.test/app' as RepositoryName;
const digest = `sha256:${'a'.repeat(64)}` as Digest;
const layer = (text: string) => blobOf(SIMPLE_SIGNING, Buffer.from(text), { by: text });

describe('what is attached to an image', () => {
  it('is added beside what is there', async () => {
    const registry = createMemoryRegistry();
    const place = { registry, repository, digest };
    await attachLayer(place, layer('one'));
    const written = await attachLayer(place, layer('two'));
    assert.equal(String(written.content), 'two');
    const manifest = await registry.getManifest(repository, attachmentTag(digest, 'sig'));
    assert.deepEqual(layersIn(manifest), [layer('one').descriptor, layer('two').descriptor]);
  });

  it('is written again when somebody else overwrites it, and given up in the end', async () => {
    for (const [overwritten, succeeds] of [
      [2, true],
      [99, false],
    ] as const) {
      const registry = createMemoryRegistry();
      const strangers = layeredManifest([]);
      registry.addBlob(repository, strangers.config.bytes);
      let times = 0;
      const racing = {
        ...registry,
        async putManifest(...put: Parameters<typeof registry.putManifest>) {
          const result = await registry.putManifest(...put);
          times += 1;
          if (times <= overwritten) {
            registry.addManifest(repository, strangers.manifest, [attachmentTag(digest, 'sig')]);
          }
          return result;
        },
      };
      const attaching = attachLayer({ registry: racing, repository, digest }, layer('ours'));
      if (succeeds) assert.equal(String((await attaching).content), 'ours');
      else await assert.rejects(attaching, { code: 'RegistryProtocol', message: /sha256-a+\.sig was gone/ });
    }
  });

  it('replaces what cannot be a signature at all', async () => {
    const registry = createMemoryRegistry();
    const bytes = Buffer.from('garbage');
    const garbage: ManifestContent = { digest: digestOf(bytes), mediaType: 'text/plain', bytes };
    registry.addManifest(repository, garbage, [attachmentTag(digest, 'sig')]);
    await attachLayer({ registry, repository, digest }, layer('ours'));
    const manifest = await registry.getManifest(repository, attachmentTag(digest, 'sig'));
    assert.deepEqual(layersIn(manifest), [layer('ours').descriptor]);
  });

  describe('is read', () => {
    const subject: Descriptor = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 1 };

    function withReferrer(manifest: ManifestContent, artifactType?: string, blob?: Uint8Array) {
      const registry = createMemoryRegistry();
      registry.addBlob(repository, emptyConfig().bytes);
      if (blob !== undefined) registry.addBlob(repository, blob);
      registry.addManifest(repository, manifest);
      const { mediaType } = manifest;
      const listed: Descriptor = { mediaType, digest: manifest.digest, size: manifest.bytes.length };
      registry.listReferrers = async () => [{ ...listed, ...(artifactType === undefined ? {} : { artifactType }) }];
      return readAttachments({ registry, repository, digest }, ['bundle', 'sig-tag', 'att-tag']);
    }
    const bundle = blobOf(BUNDLE_V03, Buffer.from('{}'));

    for (const artifactType of [undefined, '', BUNDLE_V03, 'application/vnd.oci.empty.v1+json']) {
      it(`though the registry reports its type as ${artifactType}`, async () => {
        const manifest = bundleManifest(subject, bundle.descriptor, COSIGN_SIGN, new Date(0));
        const [found, ...more] = await withReferrer(manifest, artifactType, bundle.bytes);
        assert.deepEqual(more, []);
        assert.equal(String(found?.content), '{}');
      });
    }

    it('unless its type says that it is something else', async () => {
      const manifest = bundleManifest(subject, bundle.descriptor, COSIGN_SIGN, new Date(0));
      assert.deepEqual(await withReferrer(manifest, 'application/spdx+json', bundle.bytes), []);
    });

    it('and what is missing, or about another image, is said to be invalid', async () => {
      const lost = bundleManifest(subject, { ...bundle.descriptor, digest }, COSIGN_SIGN, new Date(0));
      const other = { ...subject, digest: `sha256:${'b'.repeat(64)}` as Digest };
      const elsewhere = bundleManifest(other, bundle.descriptor, COSIGN_SIGN, new Date(0));
      for (const [manifest, reason] of [
        [lost, /missing or damaged/],
        [elsewhere, /is about sha256:b+/],
      ] as const) {
        const [found] = await withReferrer(manifest, BUNDLE_V03, bundle.bytes);
        assert.ok(found?.content instanceof PromoterError);
        assert.match(found.content.message, reason);
      }
    });

    it('under a tag, as far as it can be a signature or an attestation', async () => {
      const registry = createMemoryRegistry();
      const blobs = [SIMPLE_SIGNING, DSSE_ENVELOPE, BUNDLE_V03, 'text/plain'].map((type) =>
        blobOf(type, Buffer.from(type)),
      );
      const { manifest, config } = layeredManifest(blobs.map((blob) => blob.descriptor));
      for (const { bytes } of [...blobs, config]) registry.addBlob(repository, bytes);
      for (const suffix of ['sig', 'att'] as const) {
        registry.addManifest(repository, manifest, [attachmentTag(digest, suffix)]);
      }
      const contents = async (format: 'sig-tag' | 'att-tag') =>
        (await readAttachments({ registry, repository, digest }, [format])).map(({ content }) => String(content));
      assert.deepEqual(await contents('sig-tag'), [SIMPLE_SIGNING]);
      assert.deepEqual(await contents('att-tag'), [SIMPLE_SIGNING, DSSE_ENVELOPE, 'text/plain']);
    });

    it('under a tag that holds something else, and is said to be invalid', async () => {
      const registry = createMemoryRegistry();
      const bytes = Buffer.from('garbage');
      const garbage = { digest: digestOf(bytes), mediaType: 'text/plain', bytes };
      registry.addManifest(repository, garbage, [attachmentTag(digest, 'sig')]);
      const [found, ...more] = await readAttachments({ registry, repository, digest }, ['sig-tag', 'att-tag']);
      assert.deepEqual([found?.format, found?.descriptor.digest, more], ['sig-tag', garbage.digest, []]);
      assert.ok(found?.content instanceof PromoterError);
      assert.equal(found.content.code, 'SignatureInvalid');
    });

    it('but for a referrer that is gone since it was listed', async () => {
      const registry = createMemoryRegistry();
      registry.listReferrers = async () => [{ ...subject, artifactType: BUNDLE_V03 }];
      assert.deepEqual(await readAttachments({ registry, repository, digest }, ['bundle']), []);
    });

    it('and a registry that fails is not taken for an image without signatures', async () => {
      const registry = createMemoryRegistry();
      registry.before = () => {
        throw new PromoterError('RegistryUnavailable', 'down');
      };
      await assert.rejects(readAttachments({ registry, repository, digest }, ['sig-tag']), {
        code: 'RegistryUnavailable',
      });
    });
  });
});

describe('the manifests of an image', () => {
  it('are an index and its children, each once', async () => {
    const registry = createMemoryRegistry();
    const index = makeIndex({ seed: 'x', layerSizes: [10], platforms: ['linux/amd64', 'linux/arm64'] });
    await pushSample(registry, repository, index);
    const found = await digestsOf({ registry, repository, digest: index.root.digest });
    const root = index.root.digest;
    const expected = [root, ...index.manifests.map((manifest) => manifest.digest).filter((one) => one !== root)];
    assert.deepEqual(
      found.map((one) => one.digest),
      expected,
    );
  });

  it('have to be there', async () => {
    await assert.rejects(digestsOf({ registry: createMemoryRegistry(), repository, digest }), {
      code: 'SourceLost',
      message: /registry\.test\/app@sha256:a+ is not there/,
    });
  });
});
