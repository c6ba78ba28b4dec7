import assert from 'node:assert/strict';
import { V1, withHost } from './client-on-host.ts';
import { digestOf, manifestOf } from './content.ts';
import { reply } from './http-host.ts';

const MANIFEST = manifestOf({ layers: [] });
const OTHER = digestOf('other');

describe('manifests', () => {
  it('are read byte for byte, and hashed', async () => {
    const headers = { 'content-type': MANIFEST.mediaType, 'docker-content-digest': MANIFEST.digest };
    await withHost(
      (_request, response) => reply(response, 200, headers, Buffer.from(MANIFEST.bytes)),
      async ({ registry, repository, server }) => {
        assert.deepEqual(await registry.getManifest(repository, V1), MANIFEST);
        assert.deepEqual(await registry.getManifest(repository, MANIFEST.digest), MANIFEST);
        assert.match(server.seen[0]?.headers.accept ?? '', /oci\.image\.index.*\*\/\*$/);
        await assert.rejects(registry.getManifest(repository, OTHER), { code: 'DigestMismatch' });
      },
    );
  });

  it('are not believed when the header promises another digest', async () => {
    const headers = { 'content-type': MANIFEST.mediaType, 'docker-content-digest': OTHER };
    await withHost(
      (_request, response) => reply(response, 200, headers, Buffer.from(MANIFEST.bytes)),
      async ({ registry, repository }) => {
        await assert.rejects(registry.getManifest(repository, V1), { code: 'DigestMismatch' });
      },
    );
  });

  it('may be missing', async () => {
    await withHost(
      (_request, response) => reply(response, 404),
      async ({ registry, repository }) => {
        assert.equal(await registry.getManifest(repository, V1), undefined);
        assert.equal(await registry.headManifest(repository, V1), undefined);
      },
    );
  });

  it('are refused when too large', async () => {
    await withHost(
      (_request, response) => reply(response, 200, { 'content-type': 'x/y' }, Buffer.alloc(16 * 1024 * 1024 + 1)),
      async ({ registry, repository }) => {
        await assert.rejects(registry.getManifest(repository, V1), { code: 'RegistryProtocol' });
      },
    );
  });

  it('say their own type where the server does not', async () => {
    await withHost(
      (_request, response) => reply(response, 200, { 'content-type': 'text/plain' }, Buffer.from(MANIFEST.bytes)),
      async ({ registry, repository }) => {
        assert.equal((await registry.getManifest(repository, V1))?.mediaType, MANIFEST.mediaType);
      },
    );
  });

  it('are asked for by HEAD without a connection for each', async () => {
    const headers = {
      'content-type': `${MANIFEST.mediaType}; charset=utf-8`,
      'docker-content-digest': MANIFEST.digest,
      'content-length': String(MANIFEST.bytes.length),
    };
    const ports = new Set<number | undefined>();
    await withHost(
      (_request, response) => {
        ports.add(response.socket?.remotePort);
        reply(response, 200, headers);
      },
      async ({ registry, repository }) => {
        for (let call = 0; call < 20; call += 1) {
          assert.deepEqual(await registry.headManifest(repository, V1), {
            digest: MANIFEST.digest,
            mediaType: MANIFEST.mediaType,
            size: MANIFEST.bytes.length,
          });
        }
        assert.ok(ports.size < 5, `${ports.size} connections`);
        await assert.rejects(registry.headManifest(repository, OTHER), { code: 'DigestMismatch' });
      },
    );
  });

  it('are read where HEAD tells no digest', async () => {
    await withHost(
      ({ method }, response) =>
        reply(
          response,
          200,
          { 'content-type': MANIFEST.mediaType },
          method === 'HEAD' ? '' : Buffer.from(MANIFEST.bytes),
        ),
      async ({ registry, repository, server }) => {
        assert.equal((await registry.headManifest(repository, V1))?.digest, MANIFEST.digest);
        assert.deepEqual(
          server.seen.map(({ method }) => method),
          ['HEAD', 'GET'],
        );
      },
    );
  });

  it('are read where HEAD tells only a part', async () => {
    const whole = {
      'content-type': MANIFEST.mediaType,
      'docker-content-digest': MANIFEST.digest as string,
      'content-length': String(MANIFEST.bytes.length),
    };
    for (const [headers, methods] of [
      [{}, 'HEAD'],
      [{ 'docker-content-digest': 'sha512:abc' }, 'HEAD GET'],
      [{ 'content-type': 'application/json' }, 'HEAD GET'],
      [{ 'content-length': undefined }, 'HEAD GET'],
    ] as const) {
      await withHost(
        ({ method }, response) => {
          const said = Object.entries({ ...whole, ...headers }).filter(
            (header): header is [string, string] => header[1] !== undefined,
          );
          if (method === 'HEAD') response.writeHead(200, said.flat()).end();
          else reply(response, 200, { 'content-type': MANIFEST.mediaType }, Buffer.from(MANIFEST.bytes));
        },
        async ({ registry, repository, server }) => {
          const { digest, mediaType, bytes } = MANIFEST;
          assert.deepEqual(await registry.headManifest(repository, V1), { digest, mediaType, size: bytes.length });
          assert.equal(server.seen.map(({ method }) => method).join(' '), methods);
          assert.match(server.seen[0]?.headers.accept ?? '', /oci\.image\.index.*\*\/\*$/);
        },
      );
    }
  });

  it('are missing where HEAD says 200 and GET 404, and not where HEAD fails', async () => {
    await withHost(
      ({ method }, response) => reply(response, method === 'HEAD' ? 200 : 404),
      async ({ registry, repository }) => assert.equal(await registry.headManifest(repository, V1), undefined),
    );
    await withHost(
      (_request, response) => reply(response, 403),
      async ({ registry, repository, server }) => {
        await assert.rejects(registry.headManifest(repository, V1), {
          code: 'RegistryDenied',
          message: new RegExp(`^could not look for ${server.host}/app:v1: HEAD `),
        });
      },
    );
  });

  it('may have a digest of another algorithm besides, which nobody compares', async () => {
    const headers = { 'content-type': MANIFEST.mediaType, 'docker-content-digest': `sha512:${'0'.repeat(128)}` };
    await withHost(
      ({ method }, response) => reply(response, method === 'PUT' ? 201 : 200, headers, Buffer.from(MANIFEST.bytes)),
      async ({ registry, repository }) => {
        assert.deepEqual(await registry.getManifest(repository, V1), MANIFEST);
        assert.deepEqual(await registry.putManifest(repository, V1, MANIFEST), { subjectAccepted: false });
      },
    );
  });

  it('are none without any type', async () => {
    await withHost(
      (_request, response) => reply(response, 200, { 'content-type': 'application/json' }, '{"schemaVersion":2}'),
      async ({ registry, repository }) => {
        await assert.rejects(registry.getManifest(repository, V1), {
          code: 'RegistryProtocol',
          message: /answered a manifest without media type/,
        });
      },
    );
  });

  it('are written byte for byte', async () => {
    await withHost(
      (_request, response) => reply(response, 201, { 'oci-subject': OTHER, 'docker-content-digest': MANIFEST.digest }),
      async ({ registry, repository, server }) => {
        assert.deepEqual(await registry.putManifest(repository, V1, MANIFEST), { subjectAccepted: true });
        const [put] = server.seen;
        assert.equal(put?.path, '/v2/app/manifests/v1');
        assert.equal(put.headers['content-type'], MANIFEST.mediaType);
        assert.deepEqual(put.body, Buffer.from(MANIFEST.bytes));
      },
    );
  });

  it('are not taken for written when the registry stored something else', async () => {
    await withHost(
      (_request, response) => reply(response, 201, { 'docker-content-digest': OTHER }),
      async ({ registry, repository }) => {
        await assert.rejects(registry.putManifest(repository, V1, MANIFEST), { code: 'DigestMismatch' });
      },
    );
  });
});
