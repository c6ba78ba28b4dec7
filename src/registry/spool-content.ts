import { randomUUID } from 'node:crypto';
import { mkdir, open, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { PromoterError, messageOf } from '../errors.ts';
import type { Descriptor } from './registry.ts';

type Blob = Pick<Descriptor, 'digest' | 'size'>;

/** A blob that was read completely and is what its digest says. */
export interface BlobContent {
  /** All of it, as often and by as many readers at once as need be. */
  open(): Readable | Uint8Array;
  /** Frees it; readers must be done. */
  dispose(): Promise<void>;
}

/** What an upload of a large blob holds in memory, about twice; hundreds may be under way. */
const CHUNK_BYTES = 128 * 1024;

/** Takes a blob into memory. */
export async function keepInMemory(blob: Blob, source: Readable): Promise<BlobContent> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of checked(blob, source)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return { open: () => bytes, dispose: async () => {} };
}

/**
 * Takes a blob into a file that has no name: it is unlinked as soon as it is open, so that the system frees it when the
 * last reader is done and also when the process is killed.
 *
 * @throws PromoterError `StoreUnavailable` when the folder cannot be written
 */
export async function keepInFile(blob: Blob, source: Readable, directory: string): Promise<BlobContent> {
  const file = await openNameless(directory).catch((cause: unknown) => {
    source.destroy();
    throw notWritten(blob, directory, cause);
  });
  try {
    await file.writeFile(checked(blob, source));
  } catch (error) {
    await file.close();
    throw error instanceof PromoterError ? error : notWritten(blob, directory, error);
  }
  return {
    open: () => Readable.from(chunksOf(file, blob.size), { objectMode: false }),
    dispose: () => file.close(),
  };
}

async function openNameless(directory: string): Promise<FileHandle> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `blob-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

async function* chunksOf(file: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  for (let position = 0; position < size;) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size - position));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0)
      throw new PromoterError('StoreUnavailable', `a spool file ends at ${position} of ${size} bytes`);
    position += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

/** The digest is the stream's own affair; the size is watched here so that no source can fill memory or disk. */
async function* checked(blob: Blob, source: Readable): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > blob.size) break;
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof PromoterError) throw cause;
    throw new PromoterError('RegistryUnavailable', `reading blob ${blob.digest} broke off: ${messageOf(cause)}`, {
      cause,
    });
  }
  if (size !== blob.size) {
    const got = size > blob.size ? 'more' : `only ${size}`;
    throw new PromoterError(
      'DigestMismatch',
      `blob ${blob.digest} should have ${blob.size} bytes, but its registry sent ${got}; nothing of it was written`,
    );
  }
}

function notWritten(blob: Blob, directory: string, cause: unknown): PromoterError {
  return new PromoterError(
    'StoreUnavailable',
    `cannot spool blob ${blob.digest} (${blob.size} bytes) in ${directory}: ${messageOf(cause)}; ` +
      'make room there or name another folder for spooling',
    { cause },
  );
}
