import { randomUUID } from 'node:crypto';
import { openOciStore } from '../../src/plan/oci-store.ts';
import type { RepositoryName } from '../../src/reference.ts';
import type { RegistryClient } from '../../src/registry/client-options.ts';
import { createRegistry } from '../../src/registry/client.ts';
import { describePlanStore } from '../plan/store-spec.ts';
import { startDistribution, startGgcr, type TestRegistry } from '../support/registries.ts';

const REGISTRIES = [
  ['distribution', startDistribution],
  ['go-containerregistry', startGgcr],
] as const;

for (const [name, start] of REGISTRIES) {
  describe(`a plan store in ${name}’s registry`, () => {
    let server: TestRegistry;
    let client: RegistryClient;
    let repository: RepositoryName;
    before(async () => {
      server = await start();
      client = createRegistry();
    });
    beforeEach(() => (repository = `${server.host}/plans/${randomUUID()}` as RepositoryName));
    after(async () => {
      await client.close();
      await server.stop();
    });
    describePlanStore(async () => openOciStore(client, repository));
  });
}
