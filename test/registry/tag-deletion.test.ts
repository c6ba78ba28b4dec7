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

  it('need not be allowed by who gives out tokens, either', async () => {
    for (const [status, expected] of [
      [401, false],
      [403, false],
      [500, 'RegistryUnavailable'],
    ] as const) {
      await withHost(
        ({ path, headers }, response) => {
          const realm = `Bearer realm="http://${headers.host}/token"`;
          if (path.startsWith('/token')) reply(response, status);
          else reply(response, 401, { 'www-authenticate': realm });
        },
        async ({ registry, repository }) => {
          const gone = registry.deleteTag(repository, tag);
          if (expected === false) assert.equal(await gone, false, `${status}`);
          else await assert.rejects(gone, { code: expected });
        },
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
