import type { RegistryObserver } from '../registry/client-options.ts';
import { headerOf, type RegistryRequest, type RegistryResponse } from '../registry/exchange.ts';
import type { Instruments } from './instruments.ts';

/** Counts what a registry client sends and receives, under the name of the queue that it works for. */
export function createRegistryObserver(instruments: Instruments, queue: string): RegistryObserver {
  const record = (request: RegistryRequest, response: RegistryResponse | undefined, seconds: number): void => {
    const { host, class: kind } = request;
    const status = response === undefined ? 'none' : String(response.status);
    instruments.requests(1, { queue, host, class: kind, status });
    instruments.requestSeconds(seconds, { queue, host, class: kind });
    if (response === undefined) return;
    const received = bytesOf(request, response);
    if (received > 0) instruments.received(received, { queue, host });
    if (request.bodySize !== undefined && request.bodySize > 0) instruments.sent(request.bodySize, { queue, host });
  };
  return {
    layer: (next) =>
      async function observe(request) {
        const since = performance.now();
        let response: RegistryResponse | undefined;
        try {
          response = await next(request);
          return response;
        } finally {
          record(request, response, (performance.now() - since) / 1000);
        }
      },
    waited: (host, waitedMs) => instruments.waitSeconds(waitedMs / 1000, { queue, host }),
  };
}

/** A stream's length is what its header promises: counting its pieces would put us between the wire and its reader. */
function bytesOf({ method }: RegistryRequest, response: RegistryResponse): number {
  if (method === 'HEAD') return 0;
  if (response.stream === undefined) return response.bytes.length;
  const declared = Number(headerOf(response, 'content-length') ?? 0);
  return Number.isFinite(declared) ? declared : 0;
}
