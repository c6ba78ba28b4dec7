import { setTimeout as delay } from 'node:timers/promises';
import { isTransient, PromoterError } from '../errors.ts';
import type { RepositoryName } from '../reference.ts';
import type { Descriptor } from '../registry/registry.ts';
import type { Blob } from './attachment-manifest.ts';
import type { SigningRegistry } from './port.ts';

/** Attestations carry bills of materials of some megabytes; nothing honest is larger than this. */
const LARGEST_ATTACHMENT = 32 * 1024 * 1024;

const SESSIONS = 3;
const SESSION_PAUSE_MS = 100;

/**
 * Reads a blob into memory.
 *
 * @throws PromoterError `SignatureInvalid` when it is too large, missing, or not what its digest says; the registry's
 * errors otherwise
 */
export async function readBlob(
  registry: SigningRegistry,
  repository: RepositoryName,
  { digest, size }: Descriptor,
): Promise<Buffer> {
  if (size > LARGEST_ATTACHMENT) {
    throw new PromoterError('SignatureInvalid', `its content of ${size} bytes is larger than any attachment`);
  }
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of await registry.openBlob(repository, { digest, size })) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof PromoterError && (error.code === 'RegistryNotFound' || error.code === 'DigestMismatch')) {
      throw new PromoterError('SignatureInvalid', `its content ${digest} is missing or damaged in ${repository}`, {
        cause: error,
      });
    }
    throw error;
  }
}

/** Uploads a blob without asking whether it is there; in a new session when one fails, since none can be continued. */
export async function writeBlob(registry: SigningRegistry, repository: RepositoryName, blob: Blob): Promise<void> {
  for (let session = 1; ; session += 1) {
    try {
      const upload = await registry.openUpload(repository);
      await registry.putBlob(upload, blob.descriptor, () => blob.bytes);
      return;
    } catch (error) {
      if (session === SESSIONS || !isCuredByNewSession(error)) throw error;
    }
    await delay(SESSION_PAUSE_MS * session);
  }
}

/** Besides what passes: a session that is gone (404), or that holds something else than it should (400, 416). */
function isCuredByNewSession(error: unknown): boolean {
  if (!(error instanceof PromoterError)) return false;
  return isTransient(error.code) || error.code === 'RegistryNotFound' || error.code === 'RegistryRefused';
}

/** Uploads a blob that may be there already. */
export async function ensureBlob(registry: SigningRegistry, repository: RepositoryName, blob: Blob): Promise<void> {
  if (await registry.hasBlob(repository, blob.descriptor.digest)) return;
  await writeBlob(registry, repository, blob);
}
