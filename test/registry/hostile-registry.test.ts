import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { PromoterError } from '../../src/errors.ts';
import type { Credentials } from '../../src/registry/credentials.ts';
import { V1, withHost, type ClientOnHost } from './client-on-host.ts';
import { digestOf } from './content.ts';
import { reply, startHttpHost, type Answer, type HttpHost } from './http-host.ts';

const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const BLOB = { digest: digestOf('layer'), size: 5 };
const BOMB = gzipSync(Buffer.alloc(64 * 1024 * 1024));

const PASSWORD: Credentials = { kind: 'password', username: 'robot', password: 'canary-password' };
const options = { credentials: () => Promise.resolve(PASSWORD) };

/** Every way in which a repository is read or written. */
const CALLS: readonly ((parts: ClientOnHost) => Promise<unknown>)[] = [
  ({ registry, repository }) => registry.getManifest(repository, V1),
  ({ registry, repository }) => registry.headManifest(repository, V1),
  ({ registry, repository }) => registry.listRepository(repository),
  ({ registry, repository }) => registry.listReferrers(repository, BLOB.digest),
  async ({ registry, repository }) => buffer(await registry.openBlob(repository, BLOB)),
  async ({ registry, repository }) =>
    registry.putBlob(await registry.openUpload(repository), BLOB, () => Buffer.from('layer')),
  ({ registry, repository }) => registry.putBlobAtOnce(repository, BLOB, () => Buffer.from('layer')),
];

/** What a call came to: its error's code, or nothing. */
async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    assert.ok(error instanceof PromoterError, String(error));
    return error.code;
  }
}

/** A registry that takes the password, and then answers like this. */
function afterLogin(answer: Answer): Answer {
  return (request, response) => {
    if (request.headers.authorization === undefined) reply(response, 401, { 'www-authenticate': 'Basic realm="r"' });
    else answer(request, response);
  };
}

describe('a registry that means harm', () => {
  let stranger: HttpHost;
  beforeEach(async () => {
    // It asks for what it must not get, by every scheme there is.
    stranger = await startHttpHost(({ path }, response) => {
      if (path.startsWith('/token')) return reply(response, 200, {}, { token: 'from-a-stranger' });
      const challenge = `Basic realm="give", Bearer realm="${stranger.origin}/token",service="stranger"`;
      return reply(response, 401, { 'www-authenticate': challenge });
    });
  });
  afterEach(() => stranger.close());

  it('gets nobody else our credentials, wherever it sends us, and no token for them', async () => {
    const ways: readonly Answer[] = [
      (_, response) => reply(response, 307, { location: `${stranger.origin}/v2/app` }),
      (_, response) => reply(response, 202, { location: `${stranger.origin}/upload` }),
      (_, response) => reply(response, 200, { link: `<${stranger.origin}/v2/app>; rel="next"` }, { tags: [] }),
    ];
    for (const way of ways) {
      await withHost(
        afterLogin(way),
        async (parts) => {
          for (const call of CALLS) await codeOf(call(parts));
        },
        options,
      );
    }
    assert.ok(stranger.seen.length > 0, 'somebody was sent there');
    for (const { path, headers, body } of stranger.seen) {
      assert.equal(headers.authorization, undefined, path);
      assert.doesNotMatch(`${path}${JSON.stringify(headers)}${body.toString()}`, /canary|robot/);
      assert.doesNotMatch(path, /^\/token/);
    }
  });

  it('cannot send us to files, other schemes or the network inside', async () => {
    for (const location of [
      'file:///etc/passwd',
      'ftp://127.0.0.1/x',
      'http://169.254.169.254/latest/meta-data/',
      'http://[fd00:ec2::254]/latest',
      'http://10.0.0.1/',
      'http://[::ffff:10.0.0.1]/',
      'http://167772161/',
    ]) {
      for (const status of [301, 302, 303, 307, 308]) {
        await withHost(
          (_request, response) => reply(response, status, { location }),
          async ({ registry, repository }) => {
            assert.equal(await codeOf(registry.getManifest(repository, V1)), 'RegistryProtocol', location);
          },
        );
      }
      await withHost(
        (_request, response) => reply(response, 401, { 'www-authenticate': `Bearer realm="${location}"` }),
        async (parts) => {
          assert.equal(await codeOf(parts.registry.getManifest(parts.repository, V1)), 'RegistryProtocol', location);
          assert.equal(parts.server.seen.length, 1);
        },
        options,
      );
    }
  });

  it('fills no memory with an answer that is packed, and nobody unpacks one', async () => {
    const headers = { 'content-encoding': 'gzip', 'content-type': IMAGE };
    await withHost(
      (_request, response) => reply(response, 200, headers, BOMB),
      async ({ registry, repository }) => {
        assert.equal(await codeOf(registry.getManifest(repository, BLOB.digest)), 'DigestMismatch');
        assert.equal(await codeOf(registry.listRepository(repository)), 'RegistryProtocol');
        const blob = async () => buffer(await registry.openBlob(repository, BLOB));
        assert.equal(await codeOf(blob()), 'DigestMismatch');
      },
    );
  });

  it('is not listened to for ever', async () => {
    const piece = Buffer.alloc(1024 * 1024, ' ');
    for (const call of CALLS.slice(0, 5)) {
      let sent = 0;
      await withHost(
        ({ method }, response) => {
          if (method === 'HEAD') return reply(response, 200);
          response.writeHead(200, { 'content-type': IMAGE });
          const send = (): void => {
            sent += 1;
            if (!response.destroyed) response.write(piece, send);
          };
          return send();
        },
        async (parts) => {
          assert.match((await codeOf(call(parts))) ?? '', /^(?:RegistryProtocol|DigestMismatch)$/);
        },
      );
      assert.ok(sent < 100, `${sent} MiB were sent`);
    }
  });

  it('says nothing in an error that a terminal would act on', async () => {
    const steering = '\u001B]0;promoted\u0007\u009B2J\u202E';
    const errors = { errors: [{ code: steering, message: steering, detail: steering }] };
    for (const body of [JSON.stringify(errors), steering, `<html>${steering}</html>`]) {
      await withHost(
        (_request, response) => reply(response, 400, {}, body),
        async (parts) => {
          for (const call of CALLS) {
            await assert.rejects(call(parts), (error: Error) => !/[\p{Cc}\p{Bidi_Control}]/u.test(error.message));
          }
        },
      );
    }
  });
});
