import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { AddressRealm } from './network-address.ts';
import { isLoopback, realmOfAddress, withoutBrackets } from './network-address.ts';

/** Finds the addresses of a name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/**
 * Decides whether a registry may send us to another URL, for a token or by a redirect. A registry is not trusted to make
 * this process talk to the network around it: to a cloud's metadata service, or to what listens on this machine.
 *
 * @returns why not; undefined when it may
 */
export type NetworkGuard = (registry: URL, target: URL) => Promise<string | undefined>;

/** Creates a guard that remembers its answers. */
export function createNetworkGuard(resolve: Resolve = resolveByDns): NetworkGuard {
  const realms = new Map<string, Promise<ReadonlySet<AddressRealm>>>();
  function realmsOf(url: URL): Promise<ReadonlySet<AddressRealm>> {
    const hostname = withoutBrackets(url.hostname);
    let found = realms.get(hostname);
    if (found === undefined) {
      found = realmsOfName(hostname, resolve);
      realms.set(hostname, found);
    }
    return found;
  }
  return async function guard(registry, target) {
    if (target.origin === registry.origin) return undefined;
    if (target.protocol !== 'https:' && target.protocol !== registry.protocol) return 'it is not encrypted';
    if (target.username !== '' || target.password !== '') return 'it contains credentials';
    const foreign = await realmsOf(target);
    if (foreign.size === 0 || (foreign.size === 1 && foreign.has('public'))) return undefined;
    const own = await realmsOf(registry);
    const inside = [...foreign].find((realm) => realm !== 'public' && !own.has(realm));
    return inside === undefined
      ? undefined
      : `${target.hostname} is a ${NAMES[inside]} address and the registry is not`;
  };
}

const NAMES: Readonly<Record<AddressRealm, string>> = {
  loopback: 'loopback',
  linkLocal: 'link-local',
  private: 'private',
  public: 'public',
};

async function realmsOfName(hostname: string, resolve: Resolve): Promise<ReadonlySet<AddressRealm>> {
  if (isLoopback(hostname)) return new Set<AddressRealm>(['loopback']);
  const addresses = isIP(hostname) === 0 ? await resolve(hostname) : [hostname];
  return new Set(addresses.map(realmOfAddress));
}

/** A name that does not resolve here leads nowhere, or is resolved by the proxy behind which we are. */
async function resolveByDns(hostname: string): Promise<readonly string[]> {
  try {
    return (await lookup(hostname, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
