import assert from 'node:assert/strict';
import { digestOf } from '../../src/stack/sample-layers.ts';
import { withHost } from './client-on-host.ts';
import { reply } from './http-host.ts';

const BYTES = Buffer.from('content');
const DIGEST = digestOf(BYTES);

describe('a small blob', () => {
  it('is looked for with HEAD', async () => {
    for (const [status, there] of [
      [200, true],
      [404, false],
    ] as const) {
      await withHost(
        (_request, response) => reply(response, status),
        async ({ registry, repository, server }) => {
          assert.equal(await registry.hasBlob(repository, DIGEST), there);
          const [request] = server.seen;
          assert.deepEqual([request?.method, request?.path], ['HEAD', `/v2/app/blobs/${DIGEST}`]);
        },
      );
    }
  });

  it('is neither there nor missing when the registry answers something else', async () => {
    await withHost(
      (_request, response) => reply(response, 403),
      async ({ registry, repository }) => {
        await assert.rejects(registry.hasBlob(repository, DIGEST), { code: 'RegistryDenied', message: /look for/ });
        await assert.rejects(registry.readBlob(repository, DIGEST), { code: 'RegistryDenied', message: /read the/ });
      },
    );
  });

  it('is read at once, and believed only when it is what its digest says', async () => {
    await withHost(
      ({ path }, response) => reply(response, path.endsWith(DIGEST) ? 200 : 404, {}, BYTES),
      async ({ registry, repository }) => {
        assert.equal(Buffer.from((await registry.readBlob(repository, DIGEST)) ?? []).toString(), 'content');
        assert.equal(await registry.readBlob(repository, digestOf(Buffer.from('other'))), undefined);
      },
    );
    await withHost(
      (_request, response) => reply(response, 200, {}, 'forged!'),
      async ({ registry, repository }) => {
        await assert.rejects(registry.readBlob(repository, DIGEST), {
          code: 'DigestMismatch',
          message: new RegExp(`${digestOf(Buffer.from('forged!'))}, not ${DIGEST}`),
        });
      },
    );
  });
});
