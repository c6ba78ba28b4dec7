import assert from 'node:assert/strict';
import type { RepositoryName } from '../../src/reference.ts';
import { V1, withHost } from './client-on-host.ts';
import { behindTokens, reply } from './http-host.ts';

describe('registry client', () => {
  it('counts what it sends, by host, class and status', async () => {
    let calls = 0;
    await withHost(
      (_request, response) => reply(response, (calls += 1) === 1 ? 429 : 404),
      async ({ registry, repository, server }) => {
        await registry.headManifest(repository, V1);
        await registry.headManifest(repository, V1);
        const { requests, hosts, budgets } = registry.stats();
        assert.deepEqual(requests, [
          { host: server.host, class: 'manifest.head', status: 429, count: 1 },
          { host: server.host, class: 'manifest.head', status: 404, count: 2 },
        ]);
        assert.equal(hosts[0]?.throttled, 1);
        assert.equal(budgets[0]?.inFlight, 0);
      },
    );
  });

  it('pings', async () => {
    await withHost(
      ({ path }, response) => reply(response, path === '/v2/' ? 200 : 404),
      ({ registry, server }) => registry.ping(server.host),
    );
    await withHost(
      (_request, response) => reply(response, 401),
      async ({ registry, server }) => {
        await assert.rejects(registry.ping(server.host), { code: 'RegistryUnauthorized' });
      },
    );
  });

  it('obeys a ceiling', async () => {
    await withHost(
      (_request, response) => reply(response, 404),
      async ({ registry, repository, server }) => {
        registry.setCeiling(server.host, 50);
        const start = performance.now();
        await Promise.all(Array.from({ length: 25 }, () => registry.headManifest(repository, V1)));
        const elapsed = performance.now() - start;
        assert.ok(elapsed >= 250, `25 requests at 50 a second, 10 of them at once, took ${elapsed} ms`);
      },
    );
  });

  it('leaves a dead host alone', async () => {
    await withHost(
      (_request, response) => response.socket?.destroy(),
      async ({ registry, repository, server }) => {
        for (let call = 0; call < 3; call += 1) {
          await assert.rejects(registry.headManifest(repository, V1), { code: 'RegistryUnavailable' });
        }
        assert.equal(server.seen.length, 2);
      },
      { retry: { tries: 1 }, circuit: { failures: 2 } },
    );
  });

  it('gets one token for all that it is told to expect', async () => {
    await withHost(
      behindTokens((_request, response) => reply(response, 404)),
      async ({ registry, repository, server }) => {
        const other = `${server.host}/other` as RepositoryName;
        registry.expectAccess([repository, other], 'push');
        await registry.headManifest(repository, V1);
        await registry.headManifest(other, V1);
        const asked = server.seen.filter(({ path }) => path.startsWith('/token'));
        assert.deepEqual(
          asked.map(({ path }) => new URL(path, server.origin).searchParams.getAll('scope').toSorted()),
          [['repository:app:pull,push', 'repository:other:pull,push']],
        );
      },
    );
  });
});
