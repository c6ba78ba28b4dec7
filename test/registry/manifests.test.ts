import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
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

describe('registry errors', () => {
  const CASES = [
    [401, 'RegistryUnauthorized'],
    [403, 'RegistryDenied'],
    [404, 'RegistryNotFound'],
    [409, 'RegistryRefused'],
    [429, 'RegistryThrottled'],
    [500, 'RegistryUnavailable'],
    [302, 'RegistryProtocol'],
  ] as const;

  it('have a code, and say what was done, where, and what came back', async () => {
    for (const [status, code] of CASES) {
      const body = { errors: [{ code: 'THE_CODE', message: `no\u001b[31m ${'x'.repeat(1_000)}` }] };
      await withHost(
        (_request, response) => reply(response, status, {}, body),
        async ({ registry, repository, server }) => {
          await assert.rejects(registry.putManifest(repository, V1, MANIFEST), (error) => {
            assert.ok(error instanceof PromoterError);
            assert.equal(error.code, code);
            const start = `could not write ${server.host}/app:v1: PUT ${server.origin}/v2/app/manifests/v1 answered ${status} THE_CODE: no`;
            assert.equal(error.message.slice(0, start.length), start);
            assert.ok(error.message.length < 700);
            assert.ok(!error.message.includes('\u001b'));
            return true;
          });
        },
      );
    }
  });

  it('keep the cause of what never got an answer', async () => {
    await withHost(
      (_request, response) => response.socket?.destroy(),
      async ({ registry, repository, server }) => {
        await assert.rejects(registry.getManifest(repository, V1), (error) => {
          assert.ok(error instanceof PromoterError && error.code === 'RegistryUnavailable');
          assert.ok(error.cause instanceof Error);
          return true;
        });
        assert.equal(server.seen.length, 4);
      },
    );
  });

  it('do not hide a cancellation', async () => {
    const reason = new Error('cancelled by the operator');
    const cancel = new AbortController();
    await withHost(
      () => cancel.abort(reason),
      async ({ registry, repository, server }) => {
        await assert.rejects(registry.getManifest(repository, V1, { signal: cancel.signal }), reason);
        assert.equal(server.seen.length, 1);
      },
    );
  });

  it('come when a host stays silent', async () => {
    await withHost(
      () => undefined,
      async ({ registry, repository }) => {
        await assert.rejects(registry.getManifest(repository, V1), { code: 'RegistryUnavailable' });
      },
      { timeouts: { headersMs: 50 }, retry: { tries: 1 } },
    );
  });
});
