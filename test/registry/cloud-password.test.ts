import assert from 'node:assert/strict';
import { createAuthentication } from '../../src/registry/authentication.ts';
import { basicAuthorization } from '../../src/registry/credentials.ts';
import type { Send } from '../../src/registry/exchange.ts';
import { createNetworkGuard } from '../../src/registry/network-guard.ts';
import { aRequest, aResponse } from './requests.ts';

describe('a password that ends', () => {
  it('is replaced before the registry has to refuse it', async () => {
    let now = 0;
    let asked = 0;
    const sent: (string | undefined)[] = [];
    const network: Send = async ({ headers }) => {
      const authorization = headers?.['authorization'];
      sent.push(authorization);
      if (authorization === undefined) return aResponse(401, { 'www-authenticate': 'Basic realm="ecr"' });
      // What Amazon's registries answer to a password that has ended, which says nothing of another try.
      return aResponse(authorization === basicAuthorization('AWS', `${now < 1000 ? 1 : 2}`) ? 200 : 403);
    };
    const authentication = createAuthentication({
      credentials: async () => {
        if (now >= 900) asked = 2;
        else asked = 1;
        return { kind: 'password', username: 'AWS', password: `${asked}`, freshUntil: asked * 900 };
      },
      guard: createNetworkGuard(() => Promise.resolve([])),
      now: () => now,
    });
    const send = authentication.layer(network);
    assert.equal((await send(aRequest())).status, 200);
    assert.equal((await send(aRequest())).status, 200);
    now = 1100;
    assert.equal((await send(aRequest())).status, 200);
    assert.equal(sent.length, 4, 'one 401 in all');
  });
});
