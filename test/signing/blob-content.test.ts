import assert from 'node:assert/strict';
import { PromoterError, type ErrorCode } from '../../src/errors.ts';
import type { RepositoryName } from '../../src/reference.ts';
import { blobOf } from '../../src/signing/attachment-manifest.ts';
import { writeBlob } from '../../src/signing/blob-content.ts';
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
