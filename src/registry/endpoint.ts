import type { RepositoryName } from '../reference.ts';
import { hostOf, pathOf } from '../reference.ts';
import { hostnameOf, isLoopback } from './network-address.ts';

/** Names under which people know Docker Hub; its API has a host of its own. */
const DOCKER_HUB = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);
const DOCKER_HUB_API = 'registry-1.docker.io';

export interface EndpointRules {
  /** Hosts, with their port, that speak plain HTTP though they are not loopback. */
  readonly plainHttpHosts: ReadonlySet<string>;
  /** Loopback hosts that speak TLS. */
  readonly tlsHosts: ReadonlySet<string>;
}

/** The origin under which a host's API is reached: HTTPS, but for loopback addresses and hosts named as plain. */
export function originOf(host: string, rules: EndpointRules): string {
  if (isDockerHub(host)) return `https://${DOCKER_HUB_API}`;
  const plain = rules.plainHttpHosts.has(host) || (isLoopback(hostnameOf(host)) && !rules.tlsHosts.has(host));
  return `${plain ? 'http' : 'https'}://${host}`;
}

/** A repository's path in its host's API; on Docker Hub official images live below `library/`. */
export function apiPathOf(repository: RepositoryName): string {
  const path = pathOf(repository);
  return isDockerHub(hostOf(repository)) && !path.includes('/') ? `library/${path}` : path;
}

/** Whether a host is Docker Hub under any of its names. */
export function isDockerHub(host: string): boolean {
  return DOCKER_HUB.has(host);
}
