import assert from 'node:assert/strict';
import type { Tag } from '../../src/reference.ts';
import { withHost } from './client-on-host.ts';
import { reply } from './http-host.ts';

describe('deleting a tag', () => {
  const tag = 'leases-1' as Tag;

  it('is asked of the registry by the name of the tag', async () => {
    for (const status of [202, 404]) {
      await withHost(
        (_request, response) => reply(response, status),
        async ({ registry, repository, server }) => {
          assert.equal(await registry.deleteTag(repository, tag), true);
          const [request] = server.seen;
          assert.deepEqual([request?.method, request?.path], ['DELETE', '/v2/app/manifests/leases-1']);
        },
      );
    }
  });

  it('need not be allowed', async () => {
    for (const status of [400, 401, 403, 405, 501]) {
      await withHost(
        (_request, response) => reply(response, status),
        async ({ registry, repository }) => assert.equal(await registry.deleteTag(repository, tag), false, `${status}`),
      );
    }
  });

  it('fails when the registry does', async () => {
    for (const [status, code] of [
      [503, 'RegistryUnavailable'],
      [418, 'RegistryRefused'],
    ] as const) {
      await withHost(
        (_request, response) => reply(response, status),
        async ({ registry, repository }) => {
          await assert.rejects(registry.deleteTag(repository, tag), { code, message: /delete the tag leases-1 of/ });
        },
      );
    }
  });
});
