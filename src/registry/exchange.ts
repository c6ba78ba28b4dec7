import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** What a request is for: the unit in which traffic is counted. */
export type RequestClass =
  | 'ping'
  | 'token'
  | 'catalog'
  | 'tags.list'
  | 'manifest.head'
  | 'manifest.get'
  | 'manifest.put'
  | 'manifest.delete'
  | 'blob.head'
  | 'blob.get'
  | 'blob.mount'
  | 'upload.post'
  | 'upload.put'
  | 'upload.delete'
  | 'referrers.get';

/** Bytes of a request; called once per try, so that another try reads them again. */
export type BodySource = () => Readable | Uint8Array;

/** One HTTP request to one host, with what the layers between caller and network need to know of it. */
export interface RegistryRequest {
  readonly class: RequestClass;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** The host whose budget, credentials and circuit this request uses; `docker.io` rather than its API host. */
  readonly host: string;
  readonly url: URL;
  /** What the caller is about, for messages: `read the manifest of example.com/app:v1`. */
  readonly doing: string;
  /** Token scopes that are needed, e.g. `repository:app:pull`. */
  readonly scopes: readonly string[];
  /** No credentials may be attached: the URL came from a registry and leads to another origin. */
  readonly anonymous?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** What of the body nobody may repeat in an error. */
  readonly secret?: string;
  readonly body?: BodySource;
  /** Bytes; required with `body`. */
  readonly bodySize?: number;
  /** Whether doing it twice is the same as doing it once; if not, only a 429 lets it be repeated. */
  readonly repeatable: boolean;
  /** Leave the body of a 200 or 206 unread, for the caller to stream. */
  readonly streamed?: boolean;
  /** Most bytes to accept when the body is not streamed. */
  readonly maxBytes?: number;
  /** How long to wait for headers when longer than usual, in milliseconds. */
  readonly headersTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface RegistryResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The whole body; empty when it is streamed. */
  readonly bytes: Buffer;
  /** The body of a successful streamed request. Whoever gets it must read or destroy it. */
  readonly stream?: Readable;
  /** Where the answer came from, when that was another origin. */
  readonly redirectedTo?: URL;
}

/** Sends a request: resolves with any HTTP status, rejects when there was no usable answer. */
export type Send = (request: RegistryRequest) => Promise<RegistryResponse>;

/** Adds one concern to a {@link Send}. */
export type Layer = (next: Send) => Send;

/** Puts layers around a {@link Send}; the first layer is the outermost. */
export function compose(transport: Send, layers: readonly Layer[]): Send {
  return layers.reduceRight((next, layer) => layer(next), transport);
}

/** A layer that tells somebody of every request that goes out, once it is over; the status is 0 when there was no answer. */
export function observing(tell: (request: RegistryRequest, status: number) => void): Layer {
  return (next) =>
    async function observe(request) {
      let status = 0;
      try {
        const response = await next(request);
        status = response.status;
        return response;
      } finally {
        tell(request, status);
      }
    };
}

/** One value of a header, the first where it was sent several times. */
export function headerOf(response: Pick<RegistryResponse, 'headers'>, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
