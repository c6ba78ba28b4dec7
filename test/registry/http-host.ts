import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as a server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** An HTTP server on a free loopback port that answers as a test says. */
export interface HttpHost {
  /** `127.0.0.1:port` */
  readonly host: string;
  readonly origin: string;
  readonly seen: SeenRequest[];
  close(): Promise<void>;
}

export type Answer = (request: SeenRequest, response: ServerResponse) => void;

export async function startHttpHost(answer: Answer, address = '127.0.0.1'): Promise<HttpHost> {
  const seen: SeenRequest[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const request = { method, path: url, headers, body: Buffer.concat(chunks) };
      seen.push(request);
      answer(request, response);
    });
  });
  const port = await listen(server, address);
  return {
    host: `${address}:${port}`,
    origin: `http://${address}:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers with a status, headers and an optional body; objects become JSON. */
export function reply(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: string | Buffer | object = '',
): void {
  const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  response.writeHead(status, headers).end(bytes);
}

function listen(server: Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Opens an upload at this location, and takes what is put there. */
export function uploadingTo(location: string): Answer {
  return ({ method }, response) => {
    if (method === 'POST') reply(response, 202, { location });
    else reply(response, 201);
  };
}

/** A registry with a token server that answers what is authorized like this. */
export function behindTokens(answer: Answer): Answer {
  return (request, response) => {
    if (request.path.startsWith('/token')) return reply(response, 200, {}, { token: 'access' });
    if (request.headers.authorization === 'Bearer access') return answer(request, response);
    const realm = `Bearer realm="http://${request.headers.host}/token",service="registry"`;
    return reply(response, 401, { 'www-authenticate': realm });
  };
}
