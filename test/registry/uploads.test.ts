import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { PromoterError } from '../../src/errors.ts';
import type { RepositoryName } from '../../src/reference.ts';
import type { ClientOnHost } from './client-on-host.ts';
import { withHost } from './client-on-host.ts';
import { digestOf } from './content.ts';
import { reply, startHttpHost, uploadingTo } from './http-host.ts';

const BYTES = randomBytes(700_000);
const BLOB = { digest: digestOf(BYTES), size: BYTES.length };
const SMALL = Buffer.from('small');
const SMALL_BLOB = { digest: digestOf(SMALL), size: SMALL.length };

async function upload({ registry, repository }: ClientOnHost): Promise<void> {
  await registry.putBlob(await registry.openUpload(repository), BLOB, () => BYTES);
}

describe('uploading a blob', () => {
  it('puts it where the registry says, with the digest added to what is there', async () => {
    for (const [location, put] of [
      ['/v2/app/blobs/uploads/1', '/v2/app/blobs/uploads/1?digest='],
      ['2?_state=a%2Bb+c', '/v2/app/blobs/uploads/2?_state=a%2Bb+c&digest='],
    ] as const) {
      await withHost(uploadingTo(location), async (parts) => {
        await upload(parts);
        const [, request] = parts.server.seen;
        assert.equal(request?.path, put + encodeURIComponent(BLOB.digest));
        assert.equal(request.headers['content-length'], String(BYTES.length));
        assert.ok(request.body.equals(BYTES));
      });
    }
  });

  it('sends no credentials to another origin', async () => {
    const store = await startHttpHost((_request, response) => reply(response, 201));
    await withHost(
      ({ headers }, response) => {
        if (headers.authorization === undefined) reply(response, 401, { 'www-authenticate': 'Basic' });
        else reply(response, 202, { location: `${store.origin}/put?signature=s` });
      },
      async (parts) => {
        await upload(parts);
        assert.equal(store.seen[0]?.headers.authorization, undefined);
        assert.ok(store.seen[0]?.path.startsWith('/put?signature=s&digest='));
      },
      { credentials: () => Promise.resolve({ kind: 'password', username: 'u', password: 'p' }) },
    );
    await store.close();
  });

  it('goes nowhere that a registry must not send us, and tells nobody there of it', async () => {
    for (const location of [
      'file:///etc/passwd',
      'ftp://127.0.0.1/put',
      'http://169.254.169.254/latest/api/token',
      'http://[::ffff:169.254.169.254]/latest',
      'http://0xa9fea9fe/latest',
      'http://10.0.0.1/put',
      'https://u:p@127.0.0.1/put',
    ]) {
      await withHost(uploadingTo(location), async ({ registry, repository, server }) => {
        const refused = { code: 'RegistryProtocol', message: /sends the upload to .*, refused: / };
        await assert.rejects(registry.openUpload(repository), refused, location);
        await assert.rejects(registry.mountBlob(repository, BLOB.digest, repository), refused, location);
        await assert.rejects(
          registry.putBlobAtOnce(repository, SMALL_BLOB, () => SMALL),
          refused,
          location,
        );
        assert.ok(server.seen.every(({ method }) => method === 'POST'));
      });
    }
  });

  it('reads the bytes again when the host asks for patience, and never else', async () => {
    for (const [status, expected] of [
      [429, 2],
      [500, 1],
    ] as const) {
      let puts = 0;
      let reads = 0;
      await withHost(
        ({ method }, response) => {
          if (method === 'POST') return reply(response, 202, { location: '/upload' });
          puts += 1;
          return reply(response, puts === 1 ? status : 201);
        },
        async ({ registry, repository }) => {
          const opened = await registry.openUpload(repository);
          const content = () => Readable.from([((reads += 1), BYTES)]);
          const written = registry.putBlob(opened, BLOB, content);
          if (status === 429) await written;
          else await assert.rejects(written, { code: 'RegistryUnavailable' });
        },
      );
      assert.deepEqual([puts, reads], [expected, expected]);
    }
  });

  it('fails with what was wrong with the bytes', async () => {
    await withHost(uploadingTo('/upload'), async ({ registry, repository }) => {
      const wrong = new PromoterError('DigestMismatch', 'wrong bytes');
      async function* broken() {
        yield BYTES.subarray(0, 10);
        throw wrong;
      }
      const opened = await registry.openUpload(repository);
      await assert.rejects(
        registry.putBlob(opened, BLOB, () => Readable.from(broken())),
        wrong,
      );
    });
  });

  it('does not believe a registry that stored something else', async () => {
    await withHost(
      ({ method }, response) => {
        if (method === 'POST') reply(response, 202, { location: '/upload' });
        else reply(response, 201, { 'docker-content-digest': digestOf('other') });
      },
      async (parts) => assert.rejects(upload(parts), { code: 'DigestMismatch' }),
    );
  });

  it('needs a place to go, and a safe one', async () => {
    for (const headers of [{}, { location: 'http://[' }, { location: 'ftp://127.0.0.1/' }]) {
      await withHost(
        (_request, response) => reply(response, 202, headers),
        async ({ registry, repository }) => {
          await assert.rejects(registry.openUpload(repository), { code: 'RegistryProtocol' });
        },
      );
    }
  });

  it('is tried and given up to learn whether writing is allowed', async () => {
    await withHost(uploadingTo('/upload'), async ({ registry, repository, server }) => {
      await registry.probeWrite(repository);
      assert.deepEqual(
        server.seen.map(({ method }) => method),
        ['POST', 'DELETE'],
      );
    });
    await withHost(
      (_request, response) => reply(response, 403, {}, { errors: [{ code: 'DENIED' }] }),
      async ({ registry, repository }) => {
        await assert.rejects(registry.probeWrite(repository), { code: 'RegistryDenied' });
      },
    );
  });
});

describe('mounting a blob', () => {
  const from = (host: string) => `${host}/base` as RepositoryName;

  it('takes one request', async () => {
    await withHost(
      (_request, response) => reply(response, 201),
      async ({ registry, repository, server }) => {
        assert.equal(await registry.mountBlob(repository, BLOB.digest, from(server.host)), 'mounted');
        assert.equal(server.seen[0]?.path, `/v2/app/blobs/uploads/?mount=${encodeURIComponent(BLOB.digest)}&from=base`);
      },
    );
  });

  it('becomes an upload where the registry will not mount', async () => {
    await withHost(uploadingTo('/upload'), async ({ registry, repository, server }) => {
      const opened = await registry.mountBlob(repository, BLOB.digest, from(server.host));
      assert.ok(opened !== 'mounted');
      assert.equal(opened.location.href, `${server.origin}/upload`);
      assert.equal(server.seen.length, 1);
    });
  });

  it('becomes an upload where the registry refuses to hear of it', async () => {
    for (const status of [400, 401, 403, 404, 405]) {
      await withHost(
        ({ path }, response) =>
          path.includes('mount') ? reply(response, status) : reply(response, 202, { location: '/u' }),
        async ({ registry, repository, server }) => {
          assert.notEqual(await registry.mountBlob(repository, BLOB.digest, from(server.host)), 'mounted');
        },
      );
    }
  });

  it('is not possible between hosts', async () => {
    await withHost(
      (_request, response) => reply(response, 201),
      async ({ registry, repository, server }) => {
        await assert.rejects(registry.mountBlob(repository, BLOB.digest, from('other.example')), {
          code: 'RequestInvalid',
        });
        assert.equal(server.seen.length, 0);
      },
    );
  });
});
