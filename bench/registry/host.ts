import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Api } from './api.ts';
import { streamOf } from './contents.ts';
import type { Counters } from './counters.ts';
import type { FaultRule } from './faults.ts';
import { Received } from './received.ts';
import { errorReply, type Reply } from './reply.ts';
import { routeOf } from './route.ts';
import type { Behaviour } from './settings.ts';

export interface HostContext {
  readonly api: Api;
  readonly counters: Counters;
  behaviour(): Behaviour;
}

const BROKEN_AFTER = 0.5;

/** One registry host; it has to be told to listen. */
export function createHost(host: () => string, context: HostContext): Server {
  const server = createServer((request, response) => receive(host(), context, request, response));
  server.on('connection', () => context.counters.connection());
  // Clients decide when a connection has been idle for too long; a server that closes it first breaks a request.
  server.keepAliveTimeout = 600_000;
  server.requestTimeout = 0;
  return server;
}

function receive(host: string, context: HostContext, request: IncomingMessage, response: ServerResponse): void {
  const { api, counters } = context;
  const { settings, limiter, faults } = context.behaviour();
  const { method = '', url = '', headers } = request;
  const route = routeOf(method, url);
  counters.begin(host, route.class);
  const fault = faults.match(host, route);
  const limited = route.class !== 'token' && !limiter.take(host);
  const received = limited || fault !== undefined ? new Received() : api.sinkOf(route);
  if (fault !== undefined) counters.fault();
  const answer = (): void => {
    const reply = limited ? tooMany(settings.retryAfter) : api.answer({ host, headers }, route, received, settings);
    const sent = fault === undefined ? reply : faulty(fault, reply);
    if (sent === undefined) return breakOff(fault, request, counters);
    send(method, sent, response, fault);
    counters.end(sent.status, Number(sent.headers['content-length'] ?? 0));
  };
  const delay = settings.latencyMs + (fault?.action === 'delay' ? (fault.delayMs ?? 0) : 0);
  const finish = (): void => void (delay === 0 ? answer() : setTimeout(answer, delay));
  if (method === 'GET' || method === 'HEAD') {
    request.resume();
    finish();
    return;
  }
  request.on('data', (chunk: Buffer) => {
    counters.received(chunk.length);
    received.add(chunk);
  });
  request.on('end', finish);
}

function tooMany(retryAfter: string): Reply {
  const headers = retryAfter === '' ? {} : { 'retry-after': retryAfter };
  return errorReply(429, 'TOOMANYREQUESTS', 'quota exceeded', headers);
}

/** The reply that a fault makes of another one; nothing where there is to be none. */
function faulty(fault: FaultRule, reply: Reply): Reply | undefined {
  switch (fault.action) {
    case 'status':
      return errorReply(
        fault.status ?? 500,
        'UNKNOWN',
        'a fault that was asked for',
        fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter },
      );
    case 'drop':
    case 'stall':
      return undefined;
    case 'corrupt':
      return corrupted(reply);
    case 'delay':
    case 'stallbody':
    case 'truncate':
      return reply;
  }
}

function corrupted(reply: Reply): Reply {
  const { body } = reply;
  const bytes = body !== undefined && 'content' in body ? body.content : body;
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) return reply;
  const altered = Buffer.from(bytes);
  altered[0] = (altered[0] ?? 0) ^ 1;
  return { ...reply, body: altered };
}

function breakOff(fault: FaultRule | undefined, request: IncomingMessage, counters: Counters): void {
  counters.end(0, 0);
  if (fault?.action === 'drop') request.socket.destroy();
}

function send(method: string, reply: Reply, response: ServerResponse, fault: FaultRule | undefined): void {
  const { status, headers, body } = reply;
  response.writeHead(status, headers);
  if (method === 'HEAD' || body === undefined) response.end();
  else if (fault?.action === 'stallbody' || fault?.action === 'truncate') sendPart(body, response, fault.action);
  else if (Buffer.isBuffer(body)) response.end(body);
  else if (Buffer.isBuffer(body.content)) response.end(body.content.subarray(body.from, body.to + 1));
  else streamOf(body.content, body.from, body.to).pipe(response);
}

function sendPart(body: NonNullable<Reply['body']>, response: ServerResponse, action: 'stallbody' | 'truncate'): void {
  const bytes = Buffer.isBuffer(body) ? body : body.content;
  if (!Buffer.isBuffer(bytes)) return;
  response.write(bytes.subarray(0, Math.floor(bytes.length * BROKEN_AFTER)), () => {
    if (action === 'truncate') response.destroy();
  });
}
