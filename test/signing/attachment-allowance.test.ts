import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import type { Digest, RepositoryName } from '../../src/reference.ts';
import { createAllowance } from '../../src/signing/attachment-allowance.ts';
import { attachmentTag, blobOf, layeredManifest } from '../../src/signing/attachment-manifest.ts';
import { readAttachments } from '../../src/signing/attachments.ts';
import { SIMPLE_SIGNING } from '../../src/signing/media-types.ts';
import { createMemoryRegistry } from '../support/memory-registry.ts';

const repository = 'registry.test/app' as RepositoryName;
const digest = `sha256:${'a'.repeat(64)}` as Digest;
const layer = (text: string) => blobOf(SIMPLE_SIGNING, Buffer.from(text), { by: text });

/** A registry in which these layers are attached to the image, with the sizes that their descriptors claim. */
function attached(...layers: readonly ReturnType<typeof layer>[]) {
  const registry = createMemoryRegistry();
  const { config, manifest } = layeredManifest(layers.map(({ descriptor }) => descriptor));
  for (const { bytes } of [config, ...layers]) registry.addBlob(repository, bytes);
  registry.addManifest(repository, manifest, [attachmentTag(digest, 'sig')]);
  return registry;
}

describe('what is read of the attachments of an image', () => {
  it('is as many, and as many bytes, as are allowed; the rest is invalid', async () => {
    const layers = ['one', 'two', 'three'].map(layer);
    for (const [limits, expected] of [
      [{ attachments: 2, bytes: 100 }, ['one', 'two', undefined]],
      [{ attachments: 9, bytes: 8 }, ['one', 'two', undefined]],
      [{ attachments: 9, bytes: 11 }, ['one', 'two', 'three']],
    ] as const) {
      const registry = attached(...layers);
      const place = { registry, repository, digest, allowance: createAllowance(limits) };
      const read = (await readAttachments(place, ['sig-tag'])).map(({ content }) => content);
      const texts = read.map((content) => (content instanceof PromoterError ? undefined : String(content)));
      assert.deepEqual(texts, expected);
      const refused = read.filter((content) => content instanceof PromoterError);
      for (const { code, message } of refused) {
        assert.equal(code, 'SignatureInvalid');
        assert.match(message, /it was not read: its image has more than/);
      }
      assert.equal(registry.count('openBlob'), 3 - refused.length);
    }
  });

  it('is not one that claims to be larger than any', async () => {
    const honest = layer('a signature');
    const huge = { ...honest, descriptor: { ...honest.descriptor, size: 33 * 1024 * 1024 } };
    const registry = attached(huge);
    const [found] = await readAttachments({ registry, repository, digest }, ['sig-tag']);
    assert.ok(found?.content instanceof PromoterError);
    assert.match(found.content.message, /larger than any attachment/);
    assert.equal(registry.count('openBlob'), 0);
  });

  it('has an end though nobody sets one', async () => {
    const empty = layer('');
    const registry = attached(...Array.from({ length: 1_001 }, () => empty));
    const read = await readAttachments({ registry, repository, digest }, ['sig-tag']);
    assert.equal(read.filter(({ content }) => content instanceof PromoterError).length, 1);
  });
});
