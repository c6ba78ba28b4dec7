import assert from 'node:assert/strict';
import type { RepositoryName } from '../../src/reference.ts';
import { createRegistry } from '../../src/registry/client.ts';
import { V1, withHost } from './client-on-host.ts';
import { reply, startHttpHost } from './http-host.ts';

describe('proxies', () => {
  it('are used for hosts elsewhere, unless these are to be reached directly', async () => {
    const proxy = await startHttpHost((_request, response) => reply(response, 404));
    const registry = createRegistry({
      plainHttpHosts: ['registry.invalid', 'direct.invalid'],
      proxies: { http: proxy.origin, bypass: 'direct.invalid' },
      retry: { tries: 1 },
    });
    try {
      assert.equal(await registry.headManifest('registry.invalid/app' as RepositoryName, V1), undefined);
      assert.deepEqual(
        proxy.seen.map(({ path }) => path),
        ['http://registry.invalid/v2/app/manifests/v1'],
      );
      await assert.rejects(registry.headManifest('direct.invalid/app' as RepositoryName, V1), {
        code: 'RegistryUnavailable',
      });
      assert.equal(proxy.seen.length, 1);
    } finally {
      await registry.close();
      await proxy.close();
    }
  });

  it('are never used for this machine', async () => {
    const proxy = await startHttpHost((_request, response) => reply(response, 500));
    await withHost(
      (_request, response) => reply(response, 404),
      async ({ registry, repository }) => {
        assert.equal(await registry.headManifest(repository, V1), undefined);
        assert.equal(proxy.seen.length, 0);
      },
      { proxies: { http: proxy.origin, https: proxy.origin } },
    );
    await proxy.close();
  });
});
