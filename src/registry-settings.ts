import type { Config } from './config.ts';
import { createRegistry } from './registry/client.ts';
import type { RegistryClient } from './registry/client-options.ts';
import { createDockerCredentials } from './registry/docker-config.ts';
import type { SharingOptions } from './registry/shared-budgets.ts';

/**
 * The registry client of a process: Docker's credentials, the budgets and exceptions of the configuration.
 *
 * @param sharing where others ask the same hosts
 */
export function openRegistry(
  { requestsPerSecond, plainHttpHosts, hostPolicies }: Config,
  env: Readonly<Record<string, string | undefined>>,
  sharing?: SharingOptions,
): RegistryClient {
  return createRegistry({
    credentials: createDockerCredentials({ env }),
    policies: hostPolicies,
    plainHttpHosts,
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    ...(sharing === undefined ? {} : { sharing }),
  });
}
