import type { Config } from './config.ts';
import { createRegistry } from './registry/client.ts';
import type { RegistryClient, RegistryOptions } from './registry/client-options.ts';
import { createCredentials } from './registry/cloud-credentials.ts';
import { cloudSources } from './registry/cloud-sources.ts';
import { createDockerCredentials } from './registry/docker-config.ts';
import { originOf } from './registry/endpoint.ts';
import { endpointRulesBy } from './registry/host-policy.ts';
import { googleAccessToken } from './signing/identity/google.ts';

/**
 * The registry client of a process: the credentials of Docker and of clouds, the budgets and exceptions of the
 * configuration.
 *
 * @param options what the process knows better than the configuration
 */
export function openRegistry(
  { requestsPerSecond, plainHttpHosts, hostPolicies: policies }: Config,
  env: Readonly<Record<string, string | undefined>>,
  options: Pick<RegistryOptions, 'sharing' | 'observer'> = {},
): RegistryClient {
  const rules = endpointRulesBy(policies, plainHttpHosts);
  const sources = cloudSources({ env, googleToken: googleAccessToken(), originOf: (host) => originOf(host, rules) });
  return createRegistry({
    credentials: createCredentials({ docker: createDockerCredentials({ env }), sources, policies }),
    policies,
    plainHttpHosts,
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    ...options,
  });
}
