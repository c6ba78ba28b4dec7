import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';
import type { RegistryClient } from '../../src/registry/client-options.ts';
import { createRegistry } from '../../src/registry/client.ts';
import { pushSample, type SampleImage } from '../../src/stack/sample-images.ts';
import { startDistribution, type TestRegistry } from '../support/registries.ts';
import { startRegistryProxy, type RegistryProxy, type RegistryProxyOptions } from '../support/registry-proxy.ts';

/** The two ways in which a registry may list: Google's, which shows digests, and the specification's, which does not. */
export const LISTINGS = [
  { name: 'with Google’s listing', googleTags: true },
  { name: 'with the specification’s listing', googleTags: false },
] as const;

/** A real registry behind a proxy that counts, and a client of it. */
export interface Lab {
  readonly proxy: RegistryProxy;
  readonly client: RegistryClient;
  /** `host/path` */
  at(path: string): RepositoryName;
  push(path: string, image: SampleImage, tags?: readonly string[]): Promise<void>;
  digestAt(path: string, reference: string): Promise<Digest | undefined>;
  /** Requests that changed something, or tried to. */
  writes(): readonly string[];
  stop(): Promise<void>;
}

export async function startLab(
  options: Omit<RegistryProxyOptions, 'backend'> = {},
  start: () => Promise<TestRegistry> = startDistribution,
): Promise<Lab> {
  const registry = await start();
  const proxy = await startRegistryProxy({ ...options, backend: registry.url });
  const client = createRegistry();
  const at = (path: string): RepositoryName => `${proxy.host}/${path}` as RepositoryName;
  return {
    proxy,
    client,
    at,
    push: (path, image, tags = []) => pushSample(client, at(path), image, tags as readonly Tag[]),
    digestAt: async (path, reference) => (await client.headManifest(at(path), reference as Tag))?.digest,
    writes: () =>
      proxy
        .log()
        .filter(({ method }) => method !== 'GET' && method !== 'HEAD')
        .map(({ method, path }) => `${method} ${path}`),
    async stop() {
      await client.close();
      await proxy.close();
      await registry.stop();
    },
  };
}
