import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { RegistryRequest, RegistryResponse } from './exchange.ts';
import { nonsenseOf } from './failure.ts';

/** How much of an error's body is kept. */
export const MAX_ERROR_BYTES = 64 * 1024;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/**
 * Dispatches a request and gathers the whole answer in one buffer. There is no stream in between, since nearly all
 * requests to a registry have an answer of no or few bytes.
 *
 * @throws PromoterError `RegistryProtocol` when a success has more than `maxBytes`; undici's errors and the signal's reason
 */
export function collectAnswer(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  request: RegistryRequest,
): Promise<RegistryResponse> {
  return new Promise((resolve, reject) => {
    const { signal, maxBytes = MAX_ANSWER_BYTES } = request;
    const chunks: Buffer[] = [];
    let size = 0;
    let status = 0;
    let headers: IncomingHttpHeaders = {};
    let controller: Dispatcher.DispatchController | undefined;
    const abort = () => {
      if (controller === undefined) reject(signal?.reason);
      else controller.abort(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });

    dispatcher.dispatch(options, {
      onRequestStart(started) {
        controller = started;
        if (signal?.aborted === true) started.abort(signal.reason);
      },
      onResponseStart(_controller, statusCode, received) {
        status = statusCode;
        headers = received;
      },
      onResponseData(current, chunk) {
        size += chunk.length;
        if (size <= (status < 400 ? maxBytes : MAX_ERROR_BYTES)) chunks.push(chunk);
        else if (status < 400) current.abort(nonsenseOf(request, `answered more than ${maxBytes} bytes`));
      },
      onResponseEnd() {
        signal?.removeEventListener('abort', abort);
        resolve({ status, headers, bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) });
      },
      onResponseError(_controller, error) {
        signal?.removeEventListener('abort', abort);
        reject(error);
      },
    });
  });
}
