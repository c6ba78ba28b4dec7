import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import type { Digest, RepositoryName } from '../../src/reference.ts';
import { attachmentTag, blobOf, layeredManifest } from '../../src/signing/attachment-manifest.ts';
import { findDamage, repairDamage } from '../../src/signing/content-damage.ts';
import { SIMPLE_SIGNING } from '../../src/signing/media-types.ts';
import { makeIndex, pushSample } from '../../src/stack/sample-images.ts';
import { createMemoryRegistry } from '../support/memory-registry.ts';
import type { MemoryRegistry } from '../support/memory-registry.ts';

const source = 'canonical.test/app' as RepositoryName;
const repository = 'mirror.test/app' as RepositoryName;
const subject = `sha256:${'a'.repeat(64)}` as Digest;
const tag = attachmentTag(subject, 'sig');

const ONE = blobOf(SIMPLE_SIGNING, Buffer.from('one'), { by: 'one' });
const TWO = blobOf(SIMPLE_SIGNING, Buffer.from('two'), { by: 'two' });
const { manifest, config } = layeredManifest([ONE.descriptor, TWO.descriptor]);
const root = { digest: manifest.digest, subject, tag };

/** Both repositories with the same `.sig` manifest. */
function mirrored(): MemoryRegistry {
  const registry = createMemoryRegistry();
  for (const place of [source, repository]) {
    for (const { bytes } of [ONE, TWO, config]) registry.addBlob(place, bytes);
    registry.addManifest(place, manifest, [tag]);
  }
  return registry;
}

/** What a repository gives for a manifest or a blob is refused with this. */
function failing(registry: MemoryRegistry, code: 'RegistryUnavailable' | 'RegistryThrottled', name: string): void {
  registry.before = (call) => {
    if (call.repository === repository && call.name === name) throw new PromoterError(code, 'it failed');
  };
}

describe('damage to what is attached', () => {
  it('is not found where everything is read back as its digest says', async () => {
    const registry = mirrored();
    const second = { digest: manifest.digest, subject };
    assert.deepEqual(await findDamage({ registry, repository, source }, [root, second]), []);
    assert.equal(registry.count('openBlob'), 3, 'each blob is read once, whatever shares it');
  });

  it('is a blob that is gone or has other bytes, and is repaired from the source', async () => {
    for (const lost of [ONE.descriptor, config.descriptor]) {
      const registry = mirrored();
      registry.deleteBlob(repository, lost.digest);
      const [damage, ...more] = await findDamage({ registry, repository, source }, [root]);
      assert.deepEqual([damage, more], [{ root, manifests: [], blobs: [lost] }, []]);
      assert.ok(damage);
      await repairDamage({ registry, repository, source }, damage);
      assert.deepEqual(await findDamage({ registry, repository, source }, [root]), []);
    }
    const registry = mirrored();
    registry.corrupt(TWO.descriptor.digest, Buffer.from('cut'));
    const [damage] = await findDamage({ registry, repository, source }, [root]);
    assert.deepEqual(damage?.blobs, [TWO.descriptor]);
  });

  it('is a manifest that is gone, and is written again under its tag', async () => {
    const registry = createMemoryRegistry();
    for (const { bytes } of [ONE, TWO, config]) registry.addBlob(source, bytes);
    registry.addManifest(source, manifest, [tag]);
    const [damage] = await findDamage({ registry, repository, source }, [root]);
    assert.deepEqual(damage?.manifests, [manifest.digest]);
    assert.deepEqual(
      damage.blobs.map(({ digest }) => digest),
      [config, ONE, TWO].map(({ descriptor }) => descriptor.digest),
    );
    await repairDamage({ registry, repository, source }, damage);
    assert.equal(registry.tagOf(repository, tag), manifest.digest);
    assert.deepEqual(await findDamage({ registry, repository, source }, [root]), []);
  });

  it('goes down to the children of an index, which are written before it', async () => {
    const registry = createMemoryRegistry();
    const index = makeIndex({ seed: 'x', layerSizes: [10], platforms: ['linux/amd64', 'linux/arm64'] });
    await pushSample(registry, source, index);
    const listed = { digest: index.root.digest, subject };
    const [damage] = await findDamage({ registry, repository, source }, [listed]);
    assert.deepEqual(
      damage?.manifests,
      index.manifests.map(({ digest }) => digest),
    );
    await repairDamage({ registry, repository, source }, damage);
    assert.deepEqual(await findDamage({ registry, repository, source }, [listed]), []);
  });

  it('is not what the source has lost as well', async () => {
    const registry = createMemoryRegistry();
    assert.deepEqual(await findDamage({ registry, repository, source }, [root]), []);
  });

  it('is told apart from a host that refuses to be asked', async () => {
    for (const name of ['getManifest', 'openBlob']) {
      const registry = mirrored();
      failing(registry, 'RegistryThrottled', name);
      await assert.rejects(findDamage({ registry, repository, source }, [root]), { code: 'RegistryThrottled' });
      failing(registry, 'RegistryUnavailable', name);
      assert.equal((await findDamage({ registry, repository, source }, [root])).length, 1, name);
    }
  });

  it('that the registry keeps is reported, with what there is to do', async () => {
    const registry = mirrored();
    registry.deleteBlob(repository, ONE.descriptor.digest);
    const damaged = { root, manifests: [], blobs: [ONE.descriptor] };
    const stubborn = { ...registry, putBlob: async () => {} };
    await assert.rejects(repairDamage({ registry: stubborn, repository, source }, damaged), {
      code: 'DigestMismatch',
      message: new RegExp(`^mirror\\.test/app has ${tag} .*${ONE.descriptor.digest}.*delete that content`),
    });
  });

  it('cannot be repaired from a source that is damaged, too', async () => {
    const registry = mirrored();
    for (const place of [source, repository]) registry.deleteBlob(place, ONE.descriptor.digest);
    const damaged = { root, manifests: [], blobs: [ONE.descriptor] };
    await assert.rejects(repairDamage({ registry, repository, source }, damaged), {
      code: 'SignatureInvalid',
      message: /is missing or damaged in canonical\.test\/app/,
    });
  });
});
