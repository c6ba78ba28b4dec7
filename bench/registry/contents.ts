import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';

/** A blob too large to be kept: the same piece again and again. */
export interface Repeated {
  readonly size: number;
  readonly piece: Buffer;
}

export type Content = Buffer | Repeated;

/** All bytes of all hosts, each kept once. */
export type Contents = Map<string, Content>;

const PIECE_BYTES = 1024 * 1024;

/** A content of so many bytes that takes no room. */
export function repeated(size: number, seed: string): Repeated {
  return { size, piece: createHash('shake256', { outputLength: PIECE_BYTES }).update(seed).digest() };
}

/** The size of a content, in bytes. */
export function sizeOf(content: Content): number {
  return Buffer.isBuffer(content) ? content.length : content.size;
}

/** The bytes of a content from one to another, the last one included. */
export function streamOf(content: Content, from: number, to: number): Readable {
  return Readable.from(piecesOf(content, from, to), { objectMode: false });
}

/** `sha256:` and the hash of the whole. */
export function digestOf(content: Content): string {
  const hash = createHash('sha256');
  for (const piece of piecesOf(content, 0, sizeOf(content) - 1)) hash.update(piece);
  return `sha256:${hash.digest('hex')}`;
}

function* piecesOf(content: Content, from: number, to: number): Generator<Buffer> {
  if (Buffer.isBuffer(content)) {
    if (to >= from) yield content.subarray(from, to + 1);
    return;
  }
  const { piece } = content;
  for (let at = from; at <= to;) {
    const offset = at % piece.length;
    const part = piece.subarray(offset, Math.min(piece.length, offset + to - at + 1));
    yield part;
    at += part.length;
  }
}
