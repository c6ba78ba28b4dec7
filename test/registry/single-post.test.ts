import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { withHost } from './client-on-host.ts';
import { digestOf } from './content.ts';
import { reply, uploadingTo } from './http-host.ts';

const BYTES = randomBytes(700_000);
const BLOB = { digest: digestOf(BYTES), size: BYTES.length };
const SMALL = Buffer.from('small');
const SMALL_BLOB = { digest: digestOf(SMALL), size: SMALL.length };

describe('uploading a blob at once', () => {
  it('takes one request where the host has shown that it can', async () => {
    await withHost(
      ({ path }, response) =>
        path.includes('digest=') ? reply(response, 201) : reply(response, 202, { location: '/u' }),
      async ({ registry, repository, server }) => {
        await registry.putBlobAtOnce(repository, SMALL_BLOB, () => SMALL);
        await registry.putBlobAtOnce(repository, BLOB, () => BYTES);
        assert.deepEqual(
          server.seen.map(({ method }) => method),
          ['POST', 'POST'],
        );
        assert.ok(server.seen[1]?.body.equals(BYTES));
      },
    );
  });

  it('is not tried with a large blob first', async () => {
    await withHost(
      ({ method }, response) => (method === 'PUT' ? reply(response, 201) : reply(response, 202, { location: '/u' })),
      async ({ registry, repository, server }) => {
        await registry.putBlobAtOnce(repository, BLOB, () => BYTES);
        assert.deepEqual(
          server.seen.map(({ path }) => path.split('?')[0]),
          ['/v2/app/blobs/uploads/', '/u'],
        );
        assert.equal(server.seen[0]?.body.length, 0);
      },
    );
  });

  it('is finished by PUT where the host opens an upload instead, and not tried again', async () => {
    await withHost(uploadingTo('/u'), async ({ registry, repository, server }) => {
      await registry.putBlobAtOnce(repository, SMALL_BLOB, () => SMALL);
      await registry.putBlobAtOnce(repository, SMALL_BLOB, () => SMALL);
      assert.deepEqual(
        server.seen.map(({ method, body }) => `${method} ${body.toString()}`),
        ['POST small', 'PUT small', 'POST ', 'PUT small'],
      );
    });
  });

  it('is done in two steps where the host knows nothing of it', async () => {
    await withHost(
      ({ method, path }, response) => {
        if (path.includes('/blobs/uploads/?digest=')) return reply(response, 405);
        return method === 'POST' ? reply(response, 202, { location: '/u' }) : reply(response, 201);
      },
      async ({ registry, repository, server }) => {
        await registry.putBlobAtOnce(repository, SMALL_BLOB, () => SMALL);
        assert.deepEqual(
          server.seen.map(({ method }) => method),
          ['POST', 'POST', 'PUT'],
        );
      },
    );
  });

  it('says why it was denied', async () => {
    await withHost(
      (_request, response) => reply(response, 403),
      async ({ registry, repository }) => {
        await assert.rejects(
          registry.putBlobAtOnce(repository, SMALL_BLOB, () => SMALL),
          { code: 'RegistryDenied' },
        );
      },
    );
  });
});
