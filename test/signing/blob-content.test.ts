import assert from 'node:assert/strict';
import { PromoterError, type ErrorCode } from '../../src/errors.ts';
import type { RepositoryName } from '../../src/reference.ts';
import { blobOf } from '../../src/signing/attachment-manifest.ts';
import { ensureBlob, readBlob, writeBlob } from '../../src/signing/blob-content.ts';
import { createMemoryRegistry } from '../support/memory-registry.ts';

const HERE = 'one.example/prod/app' as RepositoryName;
const BLOB = blobOf('text/plain', Buffer.from('a signature'));

/** A registry that fails this often when a blob is sent to it. */
function failing(code: ErrorCode, times: number) {
  const registry = createMemoryRegistry();
  registry.before = ({ name }) => {
    if (name === 'putBlob' && registry.count('putBlob') <= times) throw new PromoterError(code, 'it failed');
  };
  return registry;
}

describe('writing the blob of an attachment', () => {
  it('opens a new upload when one fails for a reason that passes, or is gone', async () => {
    for (const code of ['RegistryUnavailable', 'RegistryNotFound', 'RegistryRefused'] as const) {
      const registry = failing(code, 2);
      await writeBlob(registry, HERE, BLOB);
      assert.equal(registry.count('openUpload'), 3);
      assert.ok(await registry.hasBlob(HERE, BLOB.descriptor.digest));
    }
  });

  it('gives up after three, and at once where it is not allowed', async () => {
    for (const [code, times] of [
      ['RegistryUnavailable', 3],
      ['RegistryDenied', 1],
    ] as const) {
      const registry = failing(code, Infinity);
      await assert.rejects(writeBlob(registry, HERE, BLOB), { code });
      assert.equal(registry.count('putBlob'), times);
    }
  });
});

describe('having the blob of an attachment', () => {
  it('takes an upload only where it is not there yet', async () => {
    const registry = createMemoryRegistry();
    await ensureBlob(registry, HERE, BLOB);
    await ensureBlob(registry, HERE, BLOB);
    assert.equal(registry.count('putBlob'), 1);
    assert.equal(String(await readBlob(registry, HERE, BLOB.descriptor)), 'a signature');
  });
});

describe('reading the blob of an attachment', () => {
  it('calls it invalid when it is missing, damaged or too large to be one', async () => {
    const registry = createMemoryRegistry();
    await assert.rejects(readBlob(registry, HERE, BLOB.descriptor), {
      code: 'SignatureInvalid',
      message: /is missing or damaged in one\.example/,
    });
    registry.addBlob(HERE, BLOB.bytes);
    registry.corrupt(BLOB.descriptor.digest, Buffer.from('other'));
    await assert.rejects(readBlob(registry, HERE, BLOB.descriptor), { code: 'SignatureInvalid' });

    const opened = registry.count('openBlob');
    const largest = { ...BLOB.descriptor, size: 32 * 1024 * 1024 };
    await assert.rejects(readBlob(registry, HERE, { ...largest, size: largest.size + 1 }), {
      code: 'SignatureInvalid',
      message: /larger than any attachment/,
    });
    assert.equal(registry.count('openBlob'), opened, 'it is not even asked for');
    await assert.rejects(readBlob(registry, HERE, largest), /missing or damaged/);
  });

  it('passes on what the registry has to say of itself', async () => {
    const registry = createMemoryRegistry();
    registry.before = () => {
      throw new PromoterError('RegistryUnavailable', 'down');
    };
    await assert.rejects(readBlob(registry, HERE, BLOB.descriptor), { code: 'RegistryUnavailable' });
  });
});
