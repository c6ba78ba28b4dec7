import assert from 'node:assert/strict';
import { createRedirects } from '../../src/registry/redirect.ts';
import { aRequest, aResponse, scripted } from './requests.ts';

const follow = createRedirects((_registry, target) =>
  Promise.resolve(target.hostname === 'inside.example' ? 'it is inside' : undefined),
);

const authorized = aRequest({ headers: { authorization: 'Bearer secret', range: 'bytes=5-' } });

describe('redirects', () => {
  it('drop the credentials when they leave the registry, for good', async () => {
    const network = scripted(
      aResponse(307, { location: 'https://store.example/blob?signature=x' }),
      aResponse(302, { location: 'https://registry.example/v2/app/again' }),
      aResponse(200),
    );
    const response = await follow(network)(authorized);
    assert.equal(response.status, 200);
    const [, second, third] = network.requests;
    assert.deepEqual(second?.headers, { range: 'bytes=5-' });
    assert.equal(second?.host, 'store.example');
    assert.deepEqual(third?.headers, { range: 'bytes=5-' });
    assert.equal(third?.anonymous, true);
  });

  it('keep the credentials within the origin', async () => {
    const network = scripted(aResponse(301, { location: '/v2/app/elsewhere' }), aResponse(200));
    const response = await follow(network)(authorized);
    assert.equal(network.requests[1]?.headers?.['authorization'], 'Bearer secret');
    assert.equal(network.requests[1]?.url.href, 'https://registry.example/v2/app/elsewhere');
    assert.equal(response.redirectedTo, undefined);
  });

  it('say when an answer is not the registry’s own', async () => {
    const network = scripted(aResponse(307, { location: 'https://store.example/blob' }), aResponse(403));
    assert.equal((await follow(network)(authorized)).redirectedTo?.host, 'store.example');
  });

  it('are not followed for ever', async () => {
    const times = (count: number) => Array.from({ length: count }, () => aResponse(307, { location: '/again' }));
    assert.equal((await follow(scripted(...times(5), aResponse(200)))(authorized)).status, 200);
    await assert.rejects(follow(scripted(...times(6)))(authorized), {
      code: 'RegistryProtocol',
      message: /redirects more than 5 times/,
    });
  });

  it('are not followed where the guard says no, or without a place to go', async () => {
    for (const [headers, message] of [
      [{ location: 'https://inside.example/' }, /redirects to https:\/\/inside\.example, refused: it is inside/],
      [{ location: 'http://[' }, /answered 307 without a usable Location/],
      [{}, /answered 307 without a usable Location/],
    ] as const) {
      await assert.rejects(follow(scripted(aResponse(307, headers)))(authorized), {
        code: 'RegistryProtocol',
        message,
      });
    }
  });

  it('are followed by HEAD as by GET', async () => {
    const network = scripted(aResponse(307, { location: '/elsewhere' }), aResponse(200));
    assert.equal((await follow(network)(aRequest({ method: 'HEAD' }))).status, 200);
    assert.equal(network.requests[1]?.method, 'HEAD');
  });

  it('are not followed for writes', async () => {
    const network = scripted(aResponse(307, { location: '/elsewhere' }));
    assert.equal((await follow(network)(aRequest({ method: 'PUT' }))).status, 307);
  });
});
