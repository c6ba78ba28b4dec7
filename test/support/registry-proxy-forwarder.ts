import { Agent, request as openRequest } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { corruption, interruption } from './registry-proxy-faults.ts';
import type { FaultAction } from './registry-proxy-faults.ts';

export interface Forwarded {
  /** 0 when the answer was not passed on. */
  readonly status: number;
  /** `Docker-Content-Digest` of the answer. */
  readonly digest: string | undefined;
}

/** Passes requests on to a registry and its answers back. */
export interface Forwarder {
  /** Resolves when the answer has begun to be passed on. */
  forward(request: IncomingMessage, response: ServerResponse, fault: FaultAction | undefined): Promise<Forwarded>;
  close(): void;
}

// RFC 9110 section 7.6.1: they belong to one connection.
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade'];

/** Makes one with its own connections. */
export function createForwarder(backend: URL): Forwarder {
  const agent = new Agent({ keepAlive: true });

  function send(request: IncomingMessage, isCorrupted: boolean): Promise<IncomingMessage> {
    // `Host` stays ours, so that a registry that makes absolute locations leads back here. Tokens are ours as well.
    const headers: OutgoingHttpHeaders = { ...request.headers };
    delete headers.authorization;
    delete headers.connection;
    return new Promise((resolve, reject) => {
      const forwarded = openRequest(
        { agent, host: backend.hostname, port: backend.port, method: request.method, path: request.url, headers },
        resolve,
      );
      forwarded.on('error', reject);
      // A client that breaks off must not leave the registry waiting for the rest.
      request.once('close', () => {
        if (!request.complete) forwarded.destroy(new Error('the client broke off'));
      });
      const body: Readable = isCorrupted ? request.pipe(corruption()) : request;
      body.pipe(forwarded);
    });
  }

  return {
    async forward(request, response, fault) {
      const hasBody = Number(request.headers['content-length'] ?? 0) > 0;
      const answer = await send(request, fault === 'corrupt' && hasBody);
      const digest = answer.headers['docker-content-digest'];
      if (fault === 'lose-answer') {
        answer.resume();
        request.socket.destroy();
        return { status: 0, digest: undefined };
      }
      const headers = ownHeaders(answer, backend);
      const more = typeof fault === 'object' && 'announceMore' in fault ? fault.announceMore : 0;
      const length = Number(headers['content-length'] ?? 0);
      if (more !== 0 && length > 0) headers['content-length'] = Math.max(0, length + more);
      response.writeHead(answer.statusCode ?? 502, headers);
      response.once('close', () => answer.destroy());
      answer.once('error', () => response.destroy());
      faulty(answer, hasBody ? undefined : fault, () => response.destroy()).pipe(response);
      return { status: answer.statusCode ?? 502, digest: Array.isArray(digest) ? digest[0] : digest };
    },
    close: () => agent.destroy(),
  };
}

function faulty(answer: IncomingMessage, fault: FaultAction | undefined, breakOff: () => void): Readable {
  const half = Math.floor(Number(answer.headers['content-length'] ?? 0) / 2);
  if (fault === 'corrupt') return answer.pipe(corruption());
  if (fault === 'truncate') return answer.pipe(interruption(half, breakOff));
  if (fault === 'stall-body') return answer.pipe(interruption(half, () => {}));
  return answer;
}

function ownHeaders(answer: IncomingMessage, backend: URL): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ...answer.headers };
  for (const name of HOP_BY_HOP) delete headers[name];
  const { location } = answer.headers;
  if (location === undefined || !URL.canParse(location)) return headers;
  // Relative to the proxy when it points to the registry behind it.
  const target = new URL(location);
  return target.host === backend.host ? { ...headers, location: `${target.pathname}${target.search}` } : headers;
}
