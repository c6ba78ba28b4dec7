import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { PromoterError } from '../errors.ts';
import { collectAnswer, MAX_ERROR_BYTES } from './answer.ts';
import type { RegistryRequest, Send } from './exchange.ts';
import { faultOf } from './failure.ts';

/** Milliseconds. */
export interface Timeouts {
  /** Until the connection stands, TLS included. */
  readonly connectMs: number;
  /** Between the end of a request and the answer's headers. */
  readonly headersMs: number;
  /** Between two pieces of an answer's body. */
  readonly bodyIdleMs: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 10_000, headersMs: 30_000, bodyIdleMs: 30_000 };

/** Larger bodies are written piece by piece, so that a slow line shows progress instead of a timeout. */
const PIECE_BYTES = 256 * 1024;
const EMPTY = Buffer.alloc(0);

/**
 * The innermost {@link Send}: puts a request on the wire.
 *
 * @throws PromoterError `RegistryUnavailable` when the network failed, `RegistryProtocol` when the answer is too large;
 *   the signal's reason when it was aborted; a PromoterError of the request's own body as it is
 */
export function createTransport(dispatcherOf: (url: URL) => Dispatcher, timeouts: Timeouts): Send {
  return async function transport(request) {
    request.signal?.throwIfAborted();
    const body = request.body === undefined ? null : inPieces(request.body());
    const options = dispatchOptions(request, body, timeouts);
    const dispatcher = dispatcherOf(request.url);
    try {
      return await (request.streamed === true
        ? openStream(dispatcher, options, request)
        : collectAnswer(dispatcher, options, request));
    } catch (error) {
      if (body instanceof Readable) body.destroy();
      if (request.signal?.aborted === true) throw request.signal.reason;
      throw error instanceof PromoterError ? error : faultOf(request, error);
    }
  };
}

type TransportOptions = Dispatcher.DispatchOptions & { readonly origin: string };

function dispatchOptions(
  request: RegistryRequest,
  body: Readable | Uint8Array | null,
  timeouts: Timeouts,
): TransportOptions {
  const length = request.bodySize === undefined ? undefined : { 'content-length': String(request.bodySize) };
  return {
    origin: request.url.origin,
    path: request.url.pathname + request.url.search,
    method: request.method,
    headers: { ...request.headers, ...length },
    body,
    headersTimeout: request.headersTimeoutMs ?? timeouts.headersMs,
    bodyTimeout: timeouts.bodyIdleMs,
    // Left to itself, undici closes the connection after every HEAD, which are most of our requests.
    reset: false,
  };
}

async function openStream(dispatcher: Dispatcher, options: TransportOptions, request: RegistryRequest) {
  const { statusCode, headers, body } = await dispatcher.request({
    ...options,
    ...(request.signal !== undefined && { signal: request.signal }),
  });
  if (statusCode === 200 || statusCode === 206) return { status: statusCode, headers, bytes: EMPTY, stream: body };
  return { status: statusCode, headers, bytes: await firstBytes(body, MAX_ERROR_BYTES) };
}

async function firstBytes(body: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit);
}

function inPieces(body: Readable | Uint8Array): Readable | Uint8Array {
  if (body instanceof Readable || body.length <= PIECE_BYTES) return body;
  return Readable.from(piecesOf(body), { objectMode: false });
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) yield bytes.subarray(start, start + PIECE_BYTES);
}
