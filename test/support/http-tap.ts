import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came by: `PUT /bucket/name?partNumber=2`. */
export type TappedRequest = `${string} ${string}`;

/** A server in front of another one that notes what is asked of it. */
export interface HttpTap {
  readonly url: string;
  readonly requests: readonly TappedRequest[];
  close(): Promise<void>;
}

/** Starts it. @param answers false for a request that gets no answer as long as its connection lasts */
export async function startHttpTap(
  backend: string,
  answers: (request: TappedRequest) => boolean = () => true,
): Promise<HttpTap> {
  const requests: TappedRequest[] = [];
  const server = createServer((incoming, response) => {
    const asked: TappedRequest = `${incoming.method ?? ''} ${incoming.url ?? ''}`;
    requests.push(asked);
    if (answers(asked)) forward(incoming, response, backend);
    else incoming.resume();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Headers stay as they are: signatures cover them, `Host` among them. */
function forward(incoming: IncomingMessage, response: ServerResponse, backend: string): void {
  const { method, url, headers } = incoming;
  const outgoing = request(new URL(url ?? '/', backend), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on('error', () => response.destroy());
  incoming.on('error', () => outgoing.destroy());
  incoming.pipe(outgoing);
}
