import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFaultChooser } from './registry-proxy-faults.ts';
import type { FaultAction, FaultRule } from './registry-proxy-faults.ts';
import { createForwarder } from './registry-proxy-forwarder.ts';
import { createGoogleListing } from './registry-proxy-google.ts';
import { createTokenGate } from './registry-proxy-tokens.ts';
import type { TokenOptions } from './registry-proxy-tokens.ts';
import { classify, countTraffic, repositoryIn } from './registry-proxy-traffic.ts';
import type { LoggedRequest, TrafficClass, TrafficCounts } from './registry-proxy-traffic.ts';

export interface RegistryProxyOptions {
  /** The real registry, over plain HTTP. */
  readonly backend: URL;
  readonly port?: number;
  /** Demand tokens, issued by the proxy itself. */
  readonly tokens?: TokenOptions;
  /** Answer `tags/list` as Google's registries do. */
  readonly googleTags?: boolean;
  /** Added to every request. */
  readonly latencyMs?: number;
  /** Beyond these the answer is 429 with `Retry-After: 1`. */
  readonly requestsPerSecond?: number;
  readonly faults?: readonly FaultRule[];
  /** Called with each request before anything else happens to it; `drop` closes its connection without an answer. */
  readonly before?: () => Promise<'answer' | 'drop'>;
}

/** A registry that counts, and misbehaves when told to. */
export interface RegistryProxy {
  readonly url: string;
  /** As in a repository's name. */
  readonly host: string;
  readonly counts: () => TrafficCounts;
  readonly log: () => readonly LoggedRequest[];
  /** Forgets the log and so the counts. */
  readonly clear: () => void;
  /** Replaces the rules; their counters start anew. */
  readonly setFaults: (rules: readonly FaultRule[]) => void;
  readonly close: () => Promise<void>;
}

interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly class: TrafficClass;
}

/** Starts a proxy in front of a registry, on loopback. */
export async function startRegistryProxy(options: RegistryProxyOptions): Promise<RegistryProxy> {
  const { backend, latencyMs = 0 } = options;
  const forwarder = createForwarder(backend);
  const gate = options.tokens === undefined ? undefined : createTokenGate(options.tokens);
  const google = options.googleTags === true ? createGoogleListing(backend) : undefined;
  const isOverLimit = createRateLimit(options.requestsPerSecond ?? Infinity);
  const closing = new AbortController();
  let chooseFault = createFaultChooser(options.faults ?? []);
  let log: LoggedRequest[] = [];

  async function answer(visit: Visit, fault: FaultAction | undefined): Promise<number> {
    const { request, response, url } = visit;
    if (visit.class === 'token' && gate !== undefined) return gate.issue(request, url, response);
    const challenge = gate?.challenge(request, url, `${proxy.url}/token`);
    if (challenge !== undefined) return refuse(visit, 401, 'UNAUTHORIZED', { 'www-authenticate': challenge });
    const repository = repositoryIn(url);
    if (google !== undefined && visit.class === 'tags.list' && repository !== undefined) {
      const { status, body } = await google.list(repository);
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
      return status;
    }
    const { status, digest } = await forwarder.forward(request, response, fault);
    if (visit.class === 'manifest.put' && status === 201 && digest !== undefined && repository !== undefined) {
      google?.noteManifest(repository, digest);
    }
    return status;
  }

  async function visited(visit: Visit): Promise<number> {
    const verdict = await options.before?.();
    const fault = verdict === 'drop' ? 'drop' : chooseFault(visit.class, visit.request.url ?? '');
    const delay = latencyMs + (typeof fault === 'object' && 'delayMs' in fault ? fault.delayMs : 0);
    if (delay > 0) await sleep(delay, undefined, { signal: closing.signal });
    if (isOverLimit()) return refuse(visit, 429, 'TOOMANYREQUESTS', { 'retry-after': '1' });
    if (fault === 'drop') {
      visit.request.socket.destroy();
      return 0;
    }
    if (fault === 'stall') return 0;
    if (fault === 'lose-write') return acknowledge(visit);
    if (typeof fault === 'object' && 'status' in fault) {
      const { status, code = 'INJECTED', retryAfter } = fault;
      return refuse(visit, status, code, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
    }
    return answer(visit, fault);
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', backend);
    const visit = { request, response, url, class: classify(request.method ?? 'GET', url) };
    const { blobBytes, ...entry } = { ...logged(visit), status: 0 };
    // A client that goes away in the middle is no failure of the proxy's.
    request.on('error', () => {});
    visited(visit).then(
      (status) => log.push({ ...entry, status, blobBytes: blobBytes() }),
      () => {
        log.push({ ...entry, blobBytes: blobBytes() });
        response.destroy();
      },
    );
  });
  server.keepAliveTimeout = 60_000;
  const host = await listen(server, options.port ?? 0);

  const proxy: RegistryProxy = {
    url: `http://${host}`,
    host,
    counts: () => countTraffic(log),
    log: () => log,
    clear: () => void (log = []),
    setFaults: (rules) => void (chooseFault = createFaultChooser(rules)),
    close: async () => {
      closing.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      forwarder.close();
      await closed;
    },
  };
  return proxy;
}

function logged({ request, response, url, class: requestClass }: Visit) {
  const isWrite = requestClass.startsWith('upload.');
  const ofAnswer = (): number => (requestClass === 'blob.get' ? sizeOf(response.getHeader('content-length')) : 0);
  return {
    class: requestClass,
    method: request.method ?? 'GET',
    path: `${url.pathname}${url.search}`,
    blobBytes: isWrite ? () => sizeOf(request.headers['content-length']) : ofAnswer,
  };
}

function refuse({ request, response }: Visit, status: number, code: string, headers: Record<string, string>): number {
  // Read to its end, since not every client looks for an answer before it has sent everything.
  request.resume();
  const body = JSON.stringify({ errors: [{ code, message: 'by the proxy of the tests' }] });
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  return status;
}

/** Says that a blob or a manifest is stored, and forgets it. */
async function acknowledge({ request, response, url }: Visit): Promise<number> {
  const hash = createHash('sha256');
  for await (const chunk of request as AsyncIterable<Buffer>) hash.update(chunk);
  const digest = url.searchParams.get('digest') ?? `sha256:${hash.digest('hex')}`;
  response.writeHead(201, { 'docker-content-digest': digest, location: url.pathname }).end();
  return 201;
}

/** A bucket that holds what one second grants. */
function createRateLimit(perSecond: number): () => boolean {
  let tokens = perSecond;
  let filled = performance.now();
  return () => {
    if (perSecond === Infinity) return false;
    const now = performance.now();
    tokens = Math.min(perSecond, tokens + ((now - filled) / 1000) * perSecond);
    filled = now;
    if (tokens < 1) return true;
    tokens -= 1;
    return false;
  };
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function sizeOf(header: string | string[] | number | undefined): number {
  return header === undefined ? 0 : Number(header);
}
