import { z } from 'zod';
import type { Config } from './config.ts';
import { createRegistry } from './registry/client.ts';
import type { RegistryClient } from './registry/client-options.ts';
import { createDockerCredentials } from './registry/docker-config.ts';
import type { HostPolicy } from './registry/host-policy.ts';
import { HOST_PRESETS, type PresetName } from './registry/host-presets.ts';
import type { SharingOptions } from './registry/shared-budgets.ts';
import { readYamlFile } from './yaml-file.ts';

const presets = HOST_PRESETS.map(({ name }) => name) as [PresetName, ...PresetName[]];

const policySchema = z.strictObject({
  host: z.string().regex(/^[^\s/]+$/, 'is not a host with its port'),
  preset: z.enum(presets).optional(),
  requestsPerSecond: z.number().positive().optional(),
  concurrency: z.int().min(1).optional(),
  tls: z.boolean().optional(),
});

const fileSchema = z.strictObject({ registries: z.array(policySchema) });

/**
 * Reads what is said of single registry hosts: a YAML file with `registries:`, a list of {@link HostPolicy}.
 *
 * @throws PromoterError `ConfigInvalid` with every problem as `file:line: message`
 */
export async function readHostPolicies(file: string): Promise<readonly HostPolicy[]> {
  const { registries } = await readYamlFile(file, fileSchema);
  return registries as readonly HostPolicy[];
}

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
