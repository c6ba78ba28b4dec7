import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, PromoterError } from '../errors.ts';

/** Answers the probes of whatever looks after the process. */
export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves `/livez` (200 for as long as the process answers at all) and `/readyz` (200 while it works, else 503), as
 * Kubernetes asks.
 *
 * @param address `host:port`
 * @throws PromoterError `ConfigInvalid` when it cannot listen there
 */
export async function serveHealth(address: string, isReady: () => boolean): Promise<HealthServer> {
  const server = createServer(({ url }, response) => {
    const status = url === '/livez' ? 200 : url !== '/readyz' ? 404 : isReady() ? 200 : 503;
    response.writeHead(status, { 'content-type': 'text/plain' }).end(status === 200 ? 'ok\n' : 'no\n');
  });
  const { hostname, port } = new URL(`tcp://${address}`);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(Number(port), hostname.replace(/^\[(.*)\]$/, '$1'), resolve);
    });
  } catch (error) {
    const message = `worker.healthAddress (PROMOTER_HEALTH_ADDRESS) is ${address}: ${messageOf(error)}`;
    throw new PromoterError('ConfigInvalid', message, { cause: error });
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
