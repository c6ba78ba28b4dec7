import type { Config } from './config.ts';
import { createRegistry } from './registry/client.ts';
import type { RegistryClient, RegistryOptions } from './registry/client-options.ts';
import { createDockerCredentials } from './registry/docker-config.ts';

/**
 * The registry client of a process: Docker's credentials, the budgets and exceptions of the configuration.
 *
 * @param options what the process knows better than the configuration
 */
export function openRegistry(
  { requestsPerSecond, plainHttpHosts, hostPolicies }: Config,
  env: Readonly<Record<string, string | undefined>>,
  options: Pick<RegistryOptions, 'sharing' | 'observer'> = {},
): RegistryClient {
  return createRegistry({
    credentials: createDockerCredentials({ env }),
    policies: hostPolicies,
    plainHttpHosts,
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    ...options,
  });
}
