import { createHash } from 'node:crypto';
import { createServer, request as forwardRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A registry host that has the referrers API. */
export interface ReferrersFront {
  readonly host: string;
  stop(): Promise<void>;
}

interface Referrer {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType: string | undefined;
  readonly annotations: unknown;
}

/**
 * Puts the referrers API (distribution specification 1.1) before a real registry that lacks it, since none of the
 * registries that can be installed by Go alone has it. Everything else is passed on.
 */
export async function startReferrersFront(registryHost: string): Promise<ReferrersFront> {
  const referrers = new Map<string, Referrer[]>();
  const server = createServer((request, response) => void answer(request, response, registryHost, referrers));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  registryHost: string,
  referrers: Map<string, Referrer[]>,
): Promise<void> {
  const asked = /^\/v2\/(.+)\/referrers\/(sha256:[0-9a-f]{64})/.exec(request.url ?? '');
  if (asked !== null) {
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const manifests = referrers.get(`${asked[1]}@${asked[2]}`) ?? [];
    response.writeHead(200, { 'content-type': mediaType });
    response.end(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
    return;
  }
  const body = Buffer.concat(await request.toArray());
  const subject = request.method === 'PUT' ? record(request.url ?? '', body, referrers) : undefined;
  const { method, url, headers } = request;
  const [host, port] = registryHost.split(':');
  const onward = forwardRequest({ host, port, method, path: url, headers }, (answered) => {
    const extra = subject === undefined ? {} : { 'oci-subject': subject };
    response.writeHead(answered.statusCode ?? 502, { ...answered.headers, ...extra });
    answered.pipe(response);
  });
  onward.on('error', () => response.destroy());
  onward.end(body);
}

function record(url: string, body: Buffer, referrers: Map<string, Referrer[]>): string | undefined {
  const put = /^\/v2\/(.+)\/manifests\//.exec(url);
  if (put === null) return undefined;
  const manifest = JSON.parse(body.toString()) as {
    mediaType: string;
    subject?: { digest: string };
    artifactType?: string;
    config?: { mediaType: string };
    annotations?: unknown;
  };
  if (manifest.subject === undefined) return undefined;
  const key = `${put[1]}@${manifest.subject.digest}`;
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const known = referrers.get(key) ?? [];
  const { mediaType, annotations, artifactType = manifest.config?.mediaType } = manifest;
  if (!known.some((one) => one.digest === digest)) {
    referrers.set(key, [...known, { mediaType, digest, size: body.length, artifactType, annotations }]);
  }
  return manifest.subject.digest;
}
