import type { HostLimits } from './budgets.ts';
import type { EndpointRules } from './endpoint.ts';
import type { PresetName } from './host-presets.ts';
import { presetOf } from './host-presets.ts';

/** What an operator says about one host; what is left out comes from the host's preset. */
export interface HostPolicy {
  /** With its port, as in repository names. */
  readonly host: string;
  /** For products that run under any name: `harbor`. */
  readonly preset?: PresetName;
  /** A fixed ceiling. */
  readonly requestsPerSecond?: number;
  /** Requests that wait for an answer at the same time. */
  readonly concurrency?: number;
  /** True: HTTPS even on a loopback address. False: plain HTTP though it is not one. */
  readonly tls?: boolean;
  /** Where its credentials are from; Docker's configuration, and then its vendor's cloud, unless given. */
  readonly credentials?: 'docker' | 'cloud' | 'none';
}

/**
 * The limits of each host: by its policy, else by the ceiling for all, else by its preset.
 *
 * @param part of the requests under way at the same time that this client may have, from 0 to 1; its requests a second are
 *   for those to say who share them out
 */
export function limitsBy(policies: readonly HostPolicy[], ceiling?: number, part = 1): (host: string) => HostLimits {
  const byHost = new Map(policies.map((policy) => [policy.host, policy]));
  return (host) => {
    const policy = byHost.get(host);
    const preset = presetOf(host, policy?.preset);
    const concurrency = policy?.concurrency ?? preset.concurrency;
    return {
      requestsPerSecond: policy?.requestsPerSecond ?? ceiling ?? preset.requestsPerSecond,
      concurrency: Math.ceil(concurrency * part),
    };
  };
}

/** Which hosts speak plain HTTP or TLS against the rule. */
export function endpointRulesBy(policies: readonly HostPolicy[], plainHttpHosts: readonly string[]): EndpointRules {
  const withTls = (tls: boolean) => policies.filter((policy) => policy.tls === tls).map(({ host }) => host);
  return { plainHttpHosts: new Set([...plainHttpHosts, ...withTls(false)]), tlsHosts: new Set(withTls(true)) };
}
