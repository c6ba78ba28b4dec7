import { getCACertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
import { Agent, EnvHttpProxyAgent } from 'undici';
import { isLoopback } from './network-address.ts';
import type { Timeouts } from './transport.ts';

/** Proxies by the scheme of the target; what is left out comes from `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`. */
export interface Proxies {
  readonly http?: string;
  readonly https?: string;
  /** Hosts reached directly, as in `NO_PROXY`. */
  readonly bypass?: string;
}

export interface DispatcherOptions {
  readonly timeouts: Timeouts;
  readonly proxies?: Proxies;
  /** PEM certificates to trust besides those that Node trusts. */
  readonly ca?: readonly string[];
}

/** The process's connections. */
export interface Dispatchers {
  readonly of: (url: URL) => Dispatcher;
  close(): Promise<void>;
}

const KEEP_ALIVE_MS = 60_000;

/**
 * Opens no connection yet. Loopback addresses are never proxied.
 *
 * The number of connections is not limited here but by the hosts' budgets: a limit here would let downloads that wait for
 * their uploads hold the very connections that these uploads wait for.
 */
export function createDispatchers({ timeouts, proxies, ca }: DispatcherOptions): Dispatchers {
  const tls = ca === undefined ? {} : { ca: [...getCACertificates('default'), ...ca] };
  const options = {
    connect: { timeout: timeouts.connectMs, ...tls },
    // HTTP/2 puts every blob of a host behind one TCP window.
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  const direct = new Agent(options);
  const routed = new EnvHttpProxyAgent({
    ...options,
    requestTls: { timeout: timeouts.connectMs, ...tls },
    proxyTls: { timeout: timeouts.connectMs, ...tls },
    ...(proxies?.http !== undefined && { httpProxy: proxies.http }),
    ...(proxies?.https !== undefined && { httpsProxy: proxies.https }),
    ...(proxies?.bypass !== undefined && { noProxy: proxies.bypass }),
  });
  return {
    of: (url) => (isLoopback(url.hostname) ? direct : routed),
    async close() {
      await Promise.all([direct.destroy(), routed.destroy()]);
    },
  };
}
