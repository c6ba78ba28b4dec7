import assert from 'node:assert/strict';
import { requestToken } from '../../src/registry/token-request.ts';
import { aResponse, scripted } from './requests.ts';

const SERVER = { registryHost: 'registry.example', realm: new URL('https://auth.example/token'), service: undefined };
const SCOPES = ['repository:a:pull'];

describe('asking for a token', () => {
  it('lets a token go before it ends: ten seconds, or a fifth of a short life', async () => {
    for (const [answer, expiresAt] of [
      [{ token: 't', expires_in: 300 }, 1_000 + 290_000],
      [{ token: 't', expires_in: 10 }, 1_000 + 8_000],
      [{ token: 't' }, 1_000 + 50_000],
      [{ token: 't', expires_in: 0 }, 1_000 + 50_000],
      [{ token: 't', expires_in: '300' }, 1_000 + 50_000],
    ] as const) {
      const send = scripted(aResponse(200, {}, JSON.stringify(answer)));
      const token = await requestToken(send, SERVER, SCOPES, undefined, () => 1_000);
      assert.deepEqual(token, { value: 't', scopes: SCOPES, expiresAt }, JSON.stringify(answer));
    }
  });

  it('takes the token under either of its names, and no empty one', async () => {
    for (const answer of [{ access_token: 't' }, { token: '', access_token: 't' }, { token: 't', access_token: 'u' }]) {
      const send = scripted(aResponse(200, {}, JSON.stringify(answer)));
      assert.equal((await requestToken(send, SERVER, SCOPES, undefined, () => 0)).value, 't');
      assert.deepEqual([...(send.requests[0]?.url.searchParams ?? [])], [['scope', SCOPES[0]]]);
    }
  });

  it('cannot renew a configured token, and asks nobody', async () => {
    const send = scripted();
    await assert.rejects(
      requestToken(send, SERVER, SCOPES, { kind: 'registryToken', token: 'fixed' }, () => 0),
      {
        code: 'RegistryUnauthorized',
        message: /registry\.example: the configured token was refused, .* Log in again\.$/,
      },
    );
    assert.equal(send.requests.length, 0);
  });
});
