import { BlockList, isIP } from 'node:net';

/** Where an address leads. `linkLocal` is where clouds keep their metadata services. */
export type AddressRealm = 'loopback' | 'linkLocal' | 'private' | 'public';

const LOOPBACK = blockList(['127.0.0.0/8'], ['::1/128']);
const LINK_LOCAL = blockList(['169.254.0.0/16'], ['fe80::/10', 'fd00:ec2::254/128']);
const PRIVATE = blockList(
  [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    // Multicast, reserved and broadcast: nothing public is there.
    '224.0.0.0/3',
  ],
  // The last three carry an IPv4 address, of which a gateway inside may be the only one to know where it leads.
  ['::/128', 'fc00::/7', 'fec0::/10', 'ff00::/8', '64:ff9b:1::/48', '64:ff9b::/96', '2002::/16', '::/96'],
);

/** Classes an IP address by the special-purpose registries (RFC 6890, RFC 4193, RFC 6598). */
export function realmOfAddress(address: string): AddressRealm {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (LOOPBACK.check(address, family)) return 'loopback';
  if (LINK_LOCAL.check(address, family)) return 'linkLocal';
  if (PRIVATE.check(address, family)) return 'private';
  return 'public';
}

/** Whether a host name or address, without port, is this very machine. */
export function isLoopback(hostname: string): boolean {
  const name = withoutBrackets(hostname).toLowerCase();
  if (isIP(name) !== 0) return realmOfAddress(name) === 'loopback';
  return name === 'localhost' || name.endsWith('.localhost');
}

/** A host without its port. */
export function hostnameOf(host: string): string {
  return host.replace(/:\d+$/, '');
}

/** An IPv6 address as URLs write it, without its brackets; anything else as it is. */
export function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function blockList(ipv4: readonly string[], ipv6: readonly string[]): BlockList {
  const list = new BlockList();
  for (const [family, ranges] of [['ipv4', ipv4] as const, ['ipv6', ipv6] as const]) {
    for (const range of ranges) {
      const [network = '', bits = ''] = range.split('/');
      list.addSubnet(network, Number(bits), family);
    }
  }
  return list;
}
