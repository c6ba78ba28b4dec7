import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import { createAuthentication } from '../../src/registry/authentication.ts';
import type { RegistryRequest, RegistryResponse } from '../../src/registry/exchange.ts';
import { BASIC, CHALLENGE, PASSWORD, classes, reading, worldWith } from './authentication-world.ts';
import { aResponse } from './requests.ts';

describe('authentication', () => {
  it('sends nothing where nothing is asked for', async () => {
    const world = worldWith(() => true, { credentials: () => Promise.resolve(PASSWORD) });
    await world.send(reading('a'));
    await world.send(reading('b'));
    assert.ok(world.seen.every(({ headers }) => headers?.['authorization'] === undefined));
  });

  it('gets a token by the challenge, and after that unasked', async () => {
    const world = worldWith((authorization) => authorization?.startsWith('Bearer ') === true, {
      credentials: () => Promise.resolve(PASSWORD),
    });
    assert.equal((await world.send(reading('a'))).status, 200);
    await world.send(reading('a'));
    await world.send(reading('b'));
    assert.deepEqual(classes(world), [
      'manifest.get',
      'token',
      'manifest.get',
      'manifest.get',
      'token',
      'manifest.get',
    ]);
    const token = world.seen[1];
    assert.equal(token?.url.href, 'https://auth.example/token?service=registry.example&scope=repository%3Aa%3Apull');
    assert.equal(token.headers?.['authorization'], BASIC);
    assert.equal(token.host, 'auth.example');
  });

  it('learns from one request while the others wait, and asks for one token for them all', async () => {
    const world = worldWith((authorization) => authorization?.startsWith('Bearer ') === true);
    const names = Array.from({ length: 10 }, (_, index) => `r${index}`);
    await Promise.all(names.map((name) => world.send(reading(name))));
    assert.equal(classes(world).filter((name) => name === 'manifest.get').length, 11, 'one 401 only');
    assert.equal(classes(world).filter((name) => name === 'token').length, 2);
  });

  it('needs one token for repositories that were announced', async () => {
    const world = worldWith((authorization) => authorization?.startsWith('Bearer ') === true);
    world.expect('registry.example', ['repository:a:pull', 'repository:b:pull', 'repository:c:pull']);
    for (const name of ['a', 'b', 'c']) await world.send(reading(name));
    assert.equal(classes(world).filter((name) => name === 'token').length, 1);
  });

  it('answers a 401 once', async () => {
    const world = worldWith(() => false);
    assert.equal((await world.send(reading('a'))).status, 401);
    assert.deepEqual(classes(world), ['manifest.get', 'token', 'manifest.get']);
    assert.equal((await world.send(reading('a'))).status, 401);
    assert.equal(world.seen.length, 6);
  });

  it('renews a token that stops working', async () => {
    let valid = 'Bearer one';
    let issued = 0;
    const world = worldWith((authorization) => authorization === valid, {
      issue: () => aResponse(200, {}, JSON.stringify({ access_token: ['one', 'two'][issued++], expires_in: 3600 })),
    });
    await world.send(reading('a'));
    valid = 'Bearer two';
    assert.equal((await world.send(reading('a'))).status, 200);
    assert.equal(issued, 2);
  });

  it('falls back to tokens for one repository where a union does not work', async () => {
    const world = worldWith((authorization, { scopes }) => authorization === `Bearer ${scopes[0]}`);
    const results = await Promise.all(['a', 'b', 'c'].map((name) => world.send(reading(name))));
    assert.deepEqual(
      results.map(({ status }) => status),
      [200, 200, 200],
    );
  });

  it('sends a password where that is asked for', async () => {
    const world = worldWith((authorization) => authorization === BASIC, {
      credentials: () => Promise.resolve(PASSWORD),
      challenge: { 'www-authenticate': 'Basic realm="registry"' },
    });
    await world.send(reading('a'));
    await world.send(reading('a'));
    assert.equal(world.seen.length, 3);
  });

  it('asks for renewed credentials before it gives up on a password', async () => {
    let current = 'old';
    const world = worldWith(
      (authorization) => authorization?.endsWith(Buffer.from('user:new').toString('base64')) === true,
      {
        credentials: (_host, options) => {
          if (options?.renew === true) current = 'new';
          return Promise.resolve({ kind: 'password', username: 'user', password: current });
        },
        challenge: { 'www-authenticate': 'Basic' },
      },
    );
    assert.equal((await world.send(reading('a'))).status, 401);
    assert.equal((await world.send(reading('a'))).status, 200);
  });

  it('exchanges an identity token by POST', async () => {
    const world = worldWith((authorization) => authorization === 'Bearer short', {
      credentials: () => Promise.resolve({ kind: 'identityToken', token: 'long' }),
      issue: () => aResponse(200, {}, JSON.stringify({ access_token: 'short' })),
    });
    assert.equal((await world.send(reading('a'))).status, 200);
    const token = world.seen[1];
    assert.equal(token?.method, 'POST');
    const form = new URLSearchParams(Buffer.from(token.body?.() as Uint8Array).toString());
    assert.deepEqual(Object.fromEntries(form), {
      grant_type: 'refresh_token',
      client_id: 'image-promoter',
      refresh_token: 'long',
      scope: 'repository:a:pull',
      service: 'registry.example',
    });
  });

  it('sends a configured registry token at once', async () => {
    const world = worldWith((authorization) => authorization === 'Bearer fixed', {
      credentials: () => Promise.resolve({ kind: 'registryToken', token: 'fixed' }),
    });
    await world.send(reading('a'));
    assert.equal(world.seen.length, 1);
  });

  it('attaches nothing to requests that lead away from the registry', async () => {
    const world = worldWith((authorization, { anonymous }) => anonymous === true || authorization !== undefined);
    await world.send(reading('a'));
    await world.send(reading('a', { anonymous: true, url: new URL('https://store.example/upload') }));
    assert.equal(world.seen.at(-1)?.headers?.['authorization'], undefined);
  });

  it('takes a 401 of another origin for that origin’s', async () => {
    const seen: RegistryRequest[] = [];
    const authentication = createAuthentication({
      credentials: () => Promise.resolve(PASSWORD),
      guard: () => Promise.resolve(undefined),
      now: () => 0,
    });
    const send = authentication.layer((request) => {
      seen.push(request);
      return Promise.resolve({ ...aResponse(401, CHALLENGE), redirectedTo: new URL('https://store.example/') });
    });
    assert.equal((await send(reading('a'))).status, 401);
    assert.equal(seen.length, 1);
  });

  it('does not get tokens from where a registry must not send us', async () => {
    for (const realm of ['http://auth.example/token', 'https://169.254.169.254/token', 'nowhere']) {
      const world = worldWith(() => false, {
        credentials: () => Promise.resolve(PASSWORD),
        challenge: { 'www-authenticate': `Bearer realm="${realm}"` },
      });
      await assert.rejects(world.send(reading('a')), { code: 'RegistryProtocol' });
      assert.equal(world.seen.length, 1);
    }
  });

  it('says when the token server refuses', async () => {
    const world = worldWith(() => false, {
      issue: () => aResponse(401, {}, '{"details":"incorrect username or password"}'),
    });
    await assert.rejects(world.send(reading('a')), (error) => {
      assert.ok(error instanceof PromoterError && error.code === 'RegistryUnauthorized');
      assert.match(
        error.message,
        /could not get a token for registry\.example: GET https:\/\/auth\.example\/token answered 401/,
      );
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });

  it('does not take anything for a token', async () => {
    for (const body of ['', '{}', '{"token":7}', '{"token":"a\\r\\nb"}', 'null']) {
      const world = worldWith(() => false, { issue: () => aResponse(200, {}, body) });
      await assert.rejects(world.send(reading('a')), { code: 'RegistryProtocol' });
    }
  });

  it('lets a caller go that waits for others', async () => {
    const never = new Promise<RegistryResponse>(() => undefined);
    const authentication = createAuthentication({
      credentials: () => Promise.resolve(undefined),
      guard: () => Promise.resolve(undefined),
      now: () => 0,
    });
    const send = authentication.layer(() => never);
    void send(reading('a'));
    const cancel = new AbortController();
    const waiting = send(reading('b', { signal: cancel.signal }));
    cancel.abort(new Error('cancelled'));
    await assert.rejects(waiting, /cancelled/);
  });
});
