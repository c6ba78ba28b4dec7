import { createCipheriv, createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Digest } from '../reference.ts';

/** A blob with its bytes. */
export interface SampleBlob {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

export interface SampleLayer extends SampleBlob {
  /** Digest of the layer before compression, which an image's config lists (image specification 1.1, "Layer DiffID"). */
  readonly diffId: Digest;
}

/** Text that gives the same bytes every time, as unlike each other as those of any two seeds. */
export type Seed = string;

const TAR_BLOCK = 512;
const MODE = '0000644';

/**
 * A gzipped tar with one file of incompressible content.
 *
 * @param size bytes of the file; the layer is a little larger
 */
export function makeLayer(size: number, seed: Seed): SampleLayer {
  const tar = tarOf(`data/${createHash('sha256').update(seed).digest('hex').slice(0, 12)}`, pseudoRandom(size, seed));
  return { ...makeBlob(gzipSync(tar, { level: 1 })), diffId: digestOf(tar) };
}

export function makeBlob(bytes: Uint8Array): SampleBlob {
  return { digest: digestOf(bytes), bytes };
}

export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

function pseudoRandom(size: number, seed: Seed): Buffer {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

/** A POSIX ustar archive (IEEE Std 1003.1, pax, "ustar Interchange Format"). */
function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(TAR_BLOCK);
  header.write(name, 0);
  header.write(MODE, 100);
  header.write('0000000', 108);
  header.write('0000000', 116);
  header.write(content.length.toString(8).padStart(11, '0'), 124);
  header.write('00000000000', 136);
  // The checksum is taken with its own field full of spaces.
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write('ustar\0', 257);
  header.write('00', 263);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc(((TAR_BLOCK - (content.length % TAR_BLOCK)) % TAR_BLOCK) + 2 * TAR_BLOCK);
  return Buffer.concat([header, content, padding]);
}
