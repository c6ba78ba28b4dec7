import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { messageOf, PromoterError } from '../errors.ts';

const { Payloads } = proto.temporal.api.common.v1;

export interface CodecServerOptions {
  readonly codec: PayloadCodec;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** The origin of Temporal's UI: no other page may ask. */
  readonly origin: string;
}

export interface CodecServer {
  readonly url: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 8 * 1024 * 1024;

/**
 * Serves Temporal's remote codec protocol (https://docs.temporal.io/production-deployment/data-encryption): `POST /encode`
 * and `POST /decode` of payloads as JSON, so that the UI and the `temporal` command show what is encrypted.
 *
 * Whoever reaches it reads everything: it belongs on loopback, or behind a proxy that asks who it is.
 *
 * @throws PromoterError `UsageInvalid` when it cannot listen there
 */
export async function startCodecServer({ codec, host, port, origin }: CodecServerOptions): Promise<CodecServer> {
  const server = createServer((request, response) => {
    answer(request, codec, origin).then(
      ({ status, body }) => reply(response, origin, status, body),
      (error: unknown) => reply(response, origin, 400, messageOf(error)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    const refused = (error: Error): void =>
      reject(
        new PromoterError('UsageInvalid', `could not listen on ${host}:${port}: ${error.message}`, { cause: error }),
      );
    server.once('error', refused).listen(port, host, resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function answer(request: IncomingMessage, codec: PayloadCodec, origin: string): Promise<Answer> {
  const { method, url = '', headers } = request;
  // A browser names the page that asks; the `temporal` command names none.
  if (headers.origin !== undefined && headers.origin !== origin) {
    return { status: 403, body: `pages of ${headers.origin} may not ask` };
  }
  if (method === 'OPTIONS') return { status: 204, body: '' };
  const action = /\/(encode|decode)$/.exec(url)?.[1] as 'encode' | 'decode' | undefined;
  if (method !== 'POST' || action === undefined) return { status: 404, body: 'POST /encode or /decode' };
  const { payloads } = Payloads.fromObject(JSON.parse(await textOf(request)) as object);
  const converted = await codec[action](payloads);
  return { status: 200, body: Payloads.create({ payloads: converted }).toJSON() };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new PromoterError('UsageInvalid', `more than ${MAX_BODY_BYTES} bytes were sent`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reply(response: ServerResponse, origin: string, status: number, body: unknown): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, {
    'content-type': typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json',
    'access-control-allow-origin': origin,
    'access-control-allow-headers': 'content-type,x-namespace,authorization',
    'access-control-allow-methods': 'POST,OPTIONS',
    vary: 'origin',
    'cache-control': 'no-store',
  });
  response.end(text);
}
