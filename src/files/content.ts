import { Readable } from 'node:stream';
import { PromoterError } from '../errors.ts';
import { asFailure } from './bucket-failure.ts';
import type { FileContent } from './bucket.ts';
import { verified } from './sha256.ts';

/** How long the next piece of a file may take to arrive. */
const LONGEST_STALL_MS = 60_000;

/**
 * The content as a stream that ends well only when it is what its hash says, and breaks when the signal is aborted.
 *
 * @param address what the messages call it
 */
export async function opened(content: FileContent, address: string, signal?: AbortSignal): Promise<Readable> {
  const stream = await content.open(signal);
  const checked = content.sha256 === undefined ? stream : verified(stream, content.sha256, address);
  return streamOf(checked, stream, signal);
}

/**
 * What a bucket sends, with errors that say what was being read; a body that stalls is an error, too.
 *
 * @param statusOf reads the HTTP status out of what the bucket's client throws
 */
export function received(
  body: Readable,
  doing: string,
  statusOf: (thrown: unknown) => number | undefined,
  signal?: AbortSignal,
): Readable {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      yield* steady(body, doing);
    } catch (error) {
      signal?.throwIfAborted();
      throw asFailure(doing, statusOf(error), error);
    }
  }
  return streamOf(pieces(), body, signal);
}

async function* steady(body: Readable, doing: string): AsyncGenerator<Uint8Array> {
  const iterator = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const stalled = new PromoterError('BucketUnavailable', `could not ${doing}: nothing came for a minute`);
      const timer = setTimeout(() => body.destroy(stalled), LONGEST_STALL_MS);
      const next = await iterator.next().finally(() => clearTimeout(timer));
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    body.destroy();
  }
}

function streamOf(pieces: AsyncIterable<Uint8Array>, source: Readable, signal: AbortSignal | undefined): Readable {
  const stream = Readable.from(pieces, { objectMode: false });
  const abort = (): void => void stream.destroy(signal?.reason as Error);
  signal?.addEventListener('abort', abort, { once: true });
  // Whoever stops reading lets go of the source as well, which has nobody left to tell of what breaks then.
  return stream.once('close', () => {
    signal?.removeEventListener('abort', abort);
    source.on('error', () => undefined).destroy();
  });
}
