import type { RepositoryName, Tag } from '../../src/reference.ts';
import type { RegistryClient, RegistryOptions } from '../../src/registry/client-options.ts';
import { createRegistry } from '../../src/registry/client.ts';
import type { Answer, HttpHost } from './http-host.ts';
import { startHttpHost } from './http-host.ts';

/** A client and the server it talks to. */
export interface ClientOnHost {
  readonly registry: RegistryClient;
  readonly server: HttpHost;
  /** `app` on the server. */
  readonly repository: RepositoryName;
}

export const V1 = 'v1' as Tag;

/** Starts them for the length of a test; retries come at once. */
export async function withHost(
  answer: Answer,
  test: (parts: ClientOnHost) => Promise<void>,
  options: RegistryOptions = {},
): Promise<void> {
  const server = await startHttpHost(answer);
  const registry = createRegistry({ retry: { firstDelayMs: 1, maxDelayMs: 1, throttledTries: 2 }, ...options });
  try {
    await test({ registry, server, repository: `${server.host}/app` as RepositoryName });
  } finally {
    await registry.close();
    await server.close();
  }
}
