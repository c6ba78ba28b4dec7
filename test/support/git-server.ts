import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname } from 'node:path';

/** Git's own server for HTTP (git-http-backend(1)), which asks for a password. */
export interface GitServer {
  readonly url: string;
  /** Answers this status to whatever comes, until it is told `undefined`. */
  fail(status: number | undefined): void;
  close(): Promise<void>;
}

export interface GitServerOptions {
  readonly username: string;
  readonly password: string;
}

/** Serves a work tree's repository on loopback. */
export async function startGitServer(root: string, { username, password }: GitServerOptions): Promise<GitServer> {
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  let failing: number | undefined;
  const server = createServer((request, response) => {
    if (failing !== undefined) return void response.writeHead(failing).end();
    if (request.headers.authorization !== expected) {
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    }
    void serve(dirname(root), request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${basename(root)}/.git`,
    fail: (status) => (failing = status),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The Common Gateway Interface (RFC 3875): variables and body in, header lines and body out. */
async function serve(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, search } = new URL(request.url ?? '/', 'http://host');
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      REMOTE_ADDR: '127.0.0.1',
    },
  });
  request.pipe(backend.stdin);
  backend.stdin.on('error', () => undefined);
  const printed = Buffer.concat(await backend.stdout.toArray());
  const end = printed.indexOf('\r\n\r\n');
  const headers = new Headers();
  for (const line of printed.subarray(0, end).toString().split('\r\n')) {
    const [name = '', value = ''] = line.split(/: */, 2);
    headers.set(name, value);
  }
  const status = Number.parseInt(headers.get('status') ?? '200', 10);
  headers.delete('status');
  response.writeHead(status, Object.fromEntries(headers)).end(printed.subarray(end + 4));
}
