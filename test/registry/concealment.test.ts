import assert from 'node:assert/strict';
import type { Credentials } from '../../src/registry/credentials.ts';
import { V1, withHost } from './client-on-host.ts';
import { reply, type Answer, type SeenRequest } from './http-host.ts';

const PASSWORD = 'canary-password';
const REFRESH_TOKEN = 'canary-refresh-token';
const ACCESS_TOKEN = 'canary-access-token';

/** What a proxy that is made for looking for errors says. */
function echo({ method, path, headers, body }: SeenRequest): object {
  const message = `${method} ${path} authorization: ${headers.authorization}; ${body.toString()}`;
  return { errors: [{ code: 'DENIED', message }] };
}

async function messageTo(credentials: Credentials, answer: Answer): Promise<string> {
  let message = '';
  await withHost(
    answer,
    async ({ registry, repository }) => {
      message = await registry.getManifest(repository, V1).then(
        () => assert.fail('it is refused'),
        (error: Error) => error.message,
      );
    },
    { credentials: async () => credentials },
  );
  assert.doesNotMatch(message, /canary/);
  return message;
}

describe('a registry that repeats what it was sent', () => {
  it('is quoted without the password', async () => {
    const password: Credentials = { kind: 'password', username: 'robot', password: PASSWORD };
    const message = await messageTo(password, (request, response) => {
      if (request.headers.authorization === undefined) return reply(response, 401, { 'www-authenticate': 'Basic' });
      const [, sent = ''] = request.headers.authorization.split(' ');
      return reply(
        response,
        403,
        {},
        `${Buffer.from(sent, 'base64').toString()} sent ${request.headers.authorization}`,
      );
    });
    assert.match(message, /answered 403 robot:\[hidden\] sent Basic \[hidden\]/);
  });

  it('is quoted without a token', async () => {
    const registryToken: Credentials = { kind: 'registryToken', token: ACCESS_TOKEN };
    const message = await messageTo(registryToken, (request, response) => reply(response, 403, {}, echo(request)));
    assert.match(message, /Bearer \[hidden\]/);
  });

  it('is quoted without what its token server gave, or was given', async () => {
    const answer =
      (status: number): Answer =>
      (request, response) => {
        const { path, headers } = request;
        if (path.startsWith('/token')) {
          return status === 200
            ? reply(response, 200, {}, { token: ACCESS_TOKEN })
            : reply(response, status, {}, `${request.body.toString()} is no use`);
        }
        const realm = `Bearer realm="http://${headers.host}/token",service="registry"`;
        if (headers.authorization === undefined) return reply(response, 401, { 'www-authenticate': realm });
        return reply(response, 403, {}, echo(request));
      };
    const identityToken: Credentials = { kind: 'identityToken', token: REFRESH_TOKEN };
    assert.match(await messageTo(identityToken, answer(200)), /Bearer \[hidden\]/);
    assert.match(await messageTo(identityToken, answer(400)), /refresh_token=\[hidden\]/);
  });

  it('is quoted as it is where nothing was secret', async () => {
    const message = await messageTo({ kind: 'password', username: 'robot', password: PASSWORD }, (request, response) =>
      reply(response, 403, {}, echo(request)),
    );
    assert.match(message, /DENIED: GET \/v2\/app\/manifests\/v1 authorization: undefined;/);
  });
});
