import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { isTransient, PromoterError } from '../errors.ts';
import type { RepositoryName } from '../reference.ts';
import type { Caller, Exchange } from './call.ts';
import { call } from './call.ts';
import { headerOf } from './exchange.ts';
import { describe, failureOf, faultOf, nonsenseOf } from './failure.ts';
import type { CallOptions, Descriptor } from './registry.ts';

type BlobSize = Pick<Descriptor, 'digest' | 'size'>;

/** How often a broken body is continued before the read fails. */
const MAX_RESUMES = 2;

/**
 * `GET /v2/<name>/blobs/<digest>` as a stream that ends well only after exactly the bytes that digest and size promise.
 *
 * A body that breaks or stalls is continued by a range request (RFC 9110 section 14) from where it stopped.
 *
 * @throws PromoterError before there is a stream when the registry does not answer 200; the stream itself fails with
 *   `DigestMismatch` or `RegistryUnavailable`
 */
export async function openBlob(
  caller: Caller,
  repository: RepositoryName,
  blob: BlobSize,
  options?: CallOptions,
): Promise<Readable> {
  const closed = new AbortController();
  const signal = options?.signal === undefined ? closed.signal : AbortSignal.any([options.signal, closed.signal]);
  const source: BlobSource = { caller, repository, blob, options: { signal } };
  const first = sized(opened(await request(source)), blob);
  const stream = Readable.from(verified(source, first), { objectMode: false });
  // Without this a reader that gives up would wait for a stalled body before the connection is let go.
  return stream.once('close', () => closed.abort(new Error('the reader closed the blob')));
}

interface BlobSource {
  readonly caller: Caller;
  readonly repository: RepositoryName;
  readonly blob: BlobSize;
  readonly options: CallOptions;
}

async function* verified(source: BlobSource, first: Exchange): AsyncGenerator<Buffer> {
  const { digest, size } = source.blob;
  const hash = createHash('sha256');
  let exchange = first;
  let offset = 0;
  for (let resumes = 0; ; resumes += 1) {
    try {
      for await (const chunk of bodyFrom(exchange, offset)) {
        offset += chunk.length;
        if (offset > size) throw mismatch(exchange, `gave more than the ${size} bytes of ${digest}`);
        hash.update(chunk);
        yield chunk;
      }
      if (offset === size) break;
      throw faultOf(exchange.request, new Error(`the body ended after ${offset} of ${size} bytes`));
    } catch (error) {
      const failure = asFailure(source, exchange, error);
      if (resumes === MAX_RESUMES || !isTransient(failure.code)) throw failure;
    }
    // What broke after the last byte does not matter: the hash decides.
    if (offset === size) break;
    exchange = await resumeFrom(source, offset);
  }
  const got = `sha256:${hash.digest('hex')}`;
  if (got !== digest) throw mismatch(exchange, `gave bytes whose digest is ${got}, not ${digest}`);
}

/** The chunks of a body from an offset of the blob on, whether or not the registry obeyed the range. */
async function* bodyFrom({ request, response }: Exchange, offset: number): AsyncGenerator<Buffer> {
  if (response.stream === undefined) throw nonsenseOf(request, 'answered without a body');
  let skip = offset - startOf(response.status, headerOf(response, 'content-range'));
  if (!(skip >= 0)) throw nonsenseOf(request, `answered a range that does not begin at byte ${offset}`);
  for await (const chunk of response.stream as AsyncIterable<Buffer>) {
    const rest = skip < chunk.length ? chunk.subarray(skip) : undefined;
    skip = Math.max(0, skip - chunk.length);
    if (rest !== undefined) yield rest;
  }
}

function startOf(status: number, contentRange: string | undefined): number {
  if (status !== 206) return 0;
  const start = /^bytes (\d+)-/.exec(contentRange ?? '')?.[1];
  return start === undefined ? Number.NaN : Number(start);
}

/** Asks for the rest of a blob; a registry that cannot do that sends it all, and what is known is skipped. */
async function resumeFrom(source: BlobSource, offset: number): Promise<Exchange> {
  // Not every registry understands a range without end.
  const exchange = await request(source, { range: `bytes=${offset}-${source.blob.size - 1}` });
  return opened(exchange.response.status === 416 ? await request(source) : exchange);
}

function request(
  { caller, repository, blob, options }: BlobSource,
  headers?: Readonly<Record<string, string>>,
): Promise<Exchange> {
  return call(
    caller,
    repository,
    {
      class: 'blob.get',
      method: 'GET',
      doing: `read the blob ${blob.digest} of ${repository}`,
      path: `blobs/${blob.digest}`,
      access: 'pull',
      streamed: true,
      ...(headers !== undefined && { headers }),
    },
    options,
  );
}

function opened(exchange: Exchange): Exchange {
  if (exchange.response.stream === undefined) throw failureOf(exchange.request, exchange.response);
  return exchange;
}

/** A registry that announces another size than the manifest's has other bytes, however often it is asked. */
function sized(exchange: Exchange, { digest, size }: BlobSize): Exchange {
  const { response } = exchange;
  const announced =
    headerOf(response, 'content-encoding') === undefined ? headerOf(response, 'content-length') : undefined;
  if (announced === undefined || Number(announced) === size) return exchange;
  // Nobody reads it, so nobody would hear that it was given up in its middle; the process would end of that.
  response.stream?.on('error', () => {}).destroy();
  throw mismatch(exchange, `announced ${announced} bytes for ${digest}, which has ${size}`);
}

function asFailure({ options }: BlobSource, { request }: Exchange, error: unknown): PromoterError {
  if (options.signal?.aborted === true) throw options.signal.reason;
  return error instanceof PromoterError ? error : faultOf(request, error);
}

function mismatch({ request }: Exchange, happened: string): PromoterError {
  const advice = 'The registry holds other bytes than the manifest names; the image has to be pushed again there.';
  return new PromoterError('DigestMismatch', describe(request, happened, advice));
}
