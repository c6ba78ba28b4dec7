import assert from 'node:assert/strict';
import type { Credentials } from '../../src/registry/credentials.ts';
import { BASIC, CHALLENGE, PASSWORD, classes, reading, worldWith } from './authentication-world.ts';
import { aResponse } from './requests.ts';

const NEW_PASSWORD: Credentials = { kind: 'password', username: 'user', password: 'new' };
const NEW_BASIC = `Basic ${Buffer.from('user:new').toString('base64')}`;
const BASIC_CHALLENGE = { 'www-authenticate': 'Basic' };

/** Credentials that are others once they are to be renewed, and how often that was asked. */
function renewable(first: Credentials | undefined, then: Credentials | undefined) {
  const asked: boolean[] = [];
  const credentials = (_host: string, options?: { readonly renew?: boolean }) => {
    asked.push(options?.renew === true);
    return Promise.resolve(asked.includes(true) ? then : first);
  };
  return { credentials, renewals: () => asked.filter((renew) => renew).length };
}

describe('renewing what a registry is asked with', () => {
  it('asks for a token with the latest credentials before it believes that they are refused', async () => {
    const { credentials, renewals } = renewable(PASSWORD, NEW_PASSWORD);
    const world = worldWith((authorization) => authorization === 'Bearer t', {
      credentials,
      issue: ({ headers }) =>
        headers?.['authorization'] === NEW_BASIC ? aResponse(200, {}, '{"token":"t"}') : aResponse(401),
    });
    assert.equal((await world.send(reading('a'))).status, 200);
    assert.deepEqual(classes(world), ['manifest.get', 'token', 'token', 'manifest.get']);
    assert.equal(renewals(), 1);
  });

  it('does not ask a second time with the same credentials, with none, or after another failure', async () => {
    for (const [then, status, expected] of [
      [PASSWORD, 401, 1],
      [undefined, 401, 1],
      [NEW_PASSWORD, 403, 0],
    ] as const) {
      const { credentials, renewals } = renewable(PASSWORD, then);
      const world = worldWith(() => false, { credentials, issue: () => aResponse(status) });
      const code = status === 401 ? 'RegistryUnauthorized' : 'RegistryDenied';
      await assert.rejects(world.send(reading('a')), { code });
      assert.deepEqual([classes(world), renewals()], [['manifest.get', 'token'], expected]);
    }
  });

  it('replaces a password that ends before the registry has to refuse it, and none that lasts', async () => {
    const time = { now: 0 };
    let answer: Credentials = { kind: 'password', username: 'user', password: 'secret', freshUntil: 100 };
    let asked = 0;
    const world = worldWith((authorization) => authorization === (time.now < 100 ? BASIC : NEW_BASIC), {
      credentials: () => {
        asked += 1;
        return Promise.resolve(answer);
      },
      challenge: BASIC_CHALLENGE,
      now: () => time.now,
    });
    await world.send(reading('a'));
    const before = asked;
    time.now = 99;
    await world.send(reading('a'));
    assert.equal(asked, before);
    answer = NEW_PASSWORD;
    for (time.now = 100; time.now < 102; time.now += 1) await world.send(reading('a'));
    assert.equal(asked, before + 1);
    assert.equal(world.seen.length, 5, 'nothing was refused but the first request');
  });

  it('sends a refused password once, and nothing where a password is wanted and there is none', async () => {
    for (const [found, sent] of [
      [PASSWORD, 2],
      [undefined, 1],
      [{ kind: 'identityToken', token: 't' }, 1],
    ] as const) {
      const world = worldWith(() => false, { credentials: () => Promise.resolve(found), challenge: BASIC_CHALLENGE });
      assert.equal((await world.send(reading('a'))).status, 401);
      assert.equal(world.seen.length, sent);
      assert.equal((await world.send(reading('a'))).status, 401);
      assert.equal(world.seen.length, sent + 1, 'what was refused is not sent again');
    }
  });

  it('follows a registry to another token server, or to another service of it', async () => {
    const realms = ['https://auth.example/token', 'https://auth.example/token2', 'https://auth.example/token2'];
    const services = ['one', 'one', 'two'];
    let at = 0;
    const world = worldWith((authorization) => authorization === `Bearer ${realms[at]}-${services[at]}`, {
      challenge: () => ({ 'www-authenticate': `Bearer realm="${realms[at]}",service="${services[at]}"` }),
      issue: ({ url }) => {
        const token = `${url.origin}${url.pathname}-${url.searchParams.get('service')}`;
        return aResponse(200, {}, JSON.stringify({ token }));
      },
    });
    for (at = 0; at < realms.length; at += 1) assert.equal((await world.send(reading('a'))).status, 200);
  });

  it('asks for one repository at a time once a token for several did not work', async () => {
    const world = worldWith((authorization, { scopes }) => authorization === `Bearer ${scopes[0]}`);
    await Promise.all(['a', 'b', 'c'].map((name) => world.send(reading(name))));
    const before = world.seen.length;
    await Promise.all(['d', 'e', 'f'].map((name) => world.send(reading(name))));
    const later = world.seen.slice(before);
    assert.equal(later.length, 6);
    assert.ok(later.every(({ url }) => url.searchParams.getAll('scope').length <= 1));
  });

  it('asks along for repositories that are announced when it knows the token server', async () => {
    const world = worldWith((authorization) => authorization?.startsWith('Bearer ') === true, { challenge: CHALLENGE });
    await world.send(reading('a'));
    world.expect('registry.example', ['repository:b:pull', 'repository:c:pull']);
    for (const name of ['d', 'b', 'c']) await world.send(reading(name));
    assert.equal(classes(world).filter((name) => name === 'token').length, 2);
  });
});
