import { once } from 'node:events';
import { Writable } from 'node:stream';
import type { OutputStream } from './output.ts';

/** Texts are handed over in pieces of about this many characters. */
const PIECE = 64 * 1024;

/**
 * Writes many texts as fast as whoever reads them takes them, so that no more than a piece waits in memory: a pipe that is
 * read slowly would otherwise have all of them wait there.
 */
export async function writePaced(stream: OutputStream, texts: Iterable<string> | AsyncIterable<string>): Promise<void> {
  let piece = '';
  const flush = async (): Promise<void> => {
    const goesOn = stream.write(piece);
    piece = '';
    if (goesOn === false && stream instanceof Writable && stream.writableNeedDrain) await once(stream, 'drain');
  };
  for await (const text of texts) {
    piece += text;
    if (piece.length >= PIECE) await flush();
  }
  if (piece !== '') await flush();
}
