import type { Caller } from './call.ts';
import { hasBlob } from './blobs.ts';
import { openBlob } from './blob-stream.ts';
import type { Proxies } from './dispatchers.ts';
import { createDispatchers } from './dispatchers.ts';
import { originOf } from './endpoint.ts';
import { compose } from './exchange.ts';
import { listRepository } from './listing.ts';
import { getManifest, headManifest, putManifest } from './manifests.ts';
import { ping } from './ping.ts';
import type { ReferrersMemory } from './referrers.ts';
import { listReferrers } from './referrers.ts';
import type { Registry } from './registry.ts';
import type { Timeouts } from './transport.ts';
import { createTransport, DEFAULT_TIMEOUTS } from './transport.ts';
import { mountBlob, openUpload, probeWrite, putBlob } from './uploads.ts';

export interface RegistryOptions {
  readonly timeouts?: Partial<Timeouts>;
  readonly proxies?: Proxies;
  /** PEM certificates to trust besides those that Node trusts (and `NODE_EXTRA_CA_CERTS` names). */
  readonly ca?: readonly string[];
  /** Hosts, with their port, that speak plain HTTP though they are not loopback. */
  readonly plainHttpHosts?: readonly string[];
}

/** A {@link Registry} over real connections. */
export interface RegistryClient extends Registry {
  /** Lets go of all connections; calls that are under way fail. */
  close(): Promise<void>;
}

/** Creates the process's registry client. It makes no request by itself. */
export function createRegistry(options: RegistryOptions = {}): RegistryClient {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const dispatchers = createDispatchers({ ...options, timeouts });
  const rules = { plainHttpHosts: new Set(options.plainHttpHosts), tlsHosts: new Set<string>() };
  const caller: Caller = {
    originOf: (host) => originOf(host, rules),
    send: compose(
      createTransport((url) => dispatchers.of(url), timeouts),
      [],
    ),
  };
  const memory: ReferrersMemory = { withoutApiUntil: new Map(), now: () => performance.now() };
  return {
    ping: (...call) => ping(caller, ...call),
    probeWrite: (...call) => probeWrite(caller, ...call),
    listRepository: (...call) => listRepository(caller, ...call),
    headManifest: (...call) => headManifest(caller, ...call),
    getManifest: (...call) => getManifest(caller, ...call),
    putManifest: (...call) => putManifest(caller, ...call),
    hasBlob: (...call) => hasBlob(caller, ...call),
    openBlob: (...call) => openBlob(caller, ...call),
    mountBlob: (...call) => mountBlob(caller, ...call),
    openUpload: (...call) => openUpload(caller, ...call),
    putBlob: (...call) => putBlob(caller, ...call),
    listReferrers: (...call) => listReferrers(caller, memory, ...call),
    close: () => dispatchers.close(),
  };
}
