import assert from 'node:assert/strict';
import { realmOfAddress, isLoopback } from '../../src/registry/network-address.ts';
import { createNetworkGuard } from '../../src/registry/network-guard.ts';

const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  'public.example': ['198.51.100.7'],
  'office.example': ['10.1.2.3'],
  'auth.office.example': ['10.9.9.9'],
  'localhost.': ['127.0.0.1'],
  'rebinding.example': ['198.51.100.8', '169.254.169.254'],
  'both.office.example': ['10.1.2.4', '198.51.100.9'],
};
const guard = createNetworkGuard((name) => Promise.resolve(ADDRESSES[name] ?? []));

function objection(registry: string, target: string): Promise<string | undefined> {
  return guard(new URL(registry), new URL(target));
}

describe('network guard', () => {
  it('lets a registry send us to the public network over TLS', async () => {
    assert.equal(await objection('https://public.example', 'https://198.51.100.9/token'), undefined);
    assert.equal(await objection('https://public.example', 'https://unresolvable.example/token'), undefined);
  });

  it('resolves names itself when nobody else does', async () => {
    const resolving = createNetworkGuard();
    const registry = new URL('https://198.51.100.7');
    assert.equal(await resolving(registry, new URL('https://name.invalid/token')), undefined);
    assert.notEqual(await resolving(registry, new URL('https://localhost/token')), undefined);
  });

  it('asks for the addresses of a name once', async () => {
    const asked: string[] = [];
    const counting = createNetworkGuard(async (name) => {
      asked.push(name);
      return ['198.51.100.7'];
    });
    for (let time = 0; time < 3; time++) {
      await counting(new URL('https://public.example'), new URL('https://tokens.example/'));
    }
    assert.deepEqual(asked, ['tokens.example']);
  });

  it('does not let it send us into the network around us', async () => {
    for (const target of [
      'https://169.254.169.254/latest',
      'https://[fd00:ec2::254]/latest',
      'https://127.0.0.1:2375/',
      'https://localhost/',
      'https://10.0.0.1/',
      'https://[::ffff:10.0.0.1]/',
      'https://0x7f000001/',
      'https://2130706433/',
      'https://0177.1/',
      'https://127.1/',
      'https://localhost./',
      'https://[::ffff:7f00:1]/',
      'https://[::127.0.0.1]/',
      'https://[64:ff9b::a9fe:a9fe]/',
      'https://[2002:a9fe:a9fe::]/',
      'https://0.0.0.0/',
      'https://255.255.255.255/',
      'https://office.example/',
      'https://rebinding.example/',
    ]) {
      assert.match(
        (await objection('https://public.example', target)) ?? '',
        /address and the registry is not/,
        target,
      );
    }
  });

  it('lets a registry inside a network use what is there with it', async () => {
    assert.equal(await objection('https://office.example', 'https://auth.office.example/token'), undefined);
    assert.equal(await objection('https://office.example', 'https://both.office.example/token'), undefined);
    assert.equal(await objection('http://127.0.0.1:5000', 'http://localhost:5001/token'), undefined);
    assert.match((await objection('https://office.example', 'https://169.254.169.254/')) ?? '', /link-local/);
  });

  it('lets it take us to encryption, and does not let it take us off', async () => {
    assert.equal(await objection('http://office.example', 'https://auth.office.example/token'), undefined);
    assert.equal(await objection('http://office.example', 'http://auth.office.example/token'), undefined);
    assert.equal(await objection('https://public.example', 'http://198.51.100.9/token'), 'it is not encrypted');
    for (const target of [
      'file:///etc/passwd',
      'ftp://198.51.100.9/token',
      'gopher://127.0.0.1:6379/',
      'data:,token',
    ]) {
      assert.equal(await objection('http://public.example', target), 'it is not encrypted', target);
    }
  });

  it('refuses credentials in a URL', async () => {
    for (const credentials of ['a:b', 'a', ':b']) {
      const target = `https://${credentials}@198.51.100.9/`;
      assert.equal(await objection('https://public.example', target), 'it contains credentials', credentials);
    }
  });
});

describe('network addresses', () => {
  it('are classed by where they lead', () => {
    assert.equal(realmOfAddress('127.8.8.8'), 'loopback');
    assert.equal(realmOfAddress('::1'), 'loopback');
    assert.equal(realmOfAddress('fe80::1'), 'linkLocal');
    assert.equal(realmOfAddress('172.31.0.1'), 'private');
    assert.equal(realmOfAddress('172.32.0.1'), 'public');
    assert.equal(realmOfAddress('::ffff:192.168.0.1'), 'private');
    assert.equal(realmOfAddress('2001:db8::1'), 'public');
    assert.equal(realmOfAddress('::ffff:198.51.100.1'), 'public');
    assert.equal(realmOfAddress('223.255.255.255'), 'public');
    assert.equal(realmOfAddress('ff02::1'), 'private');
  });

  it('know this machine by its names', () => {
    for (const name of ['localhost', 'LOCALHOST', 'a.localhost', '127.0.0.1', '[::1]'])
      assert.ok(isLoopback(name), name);
    for (const name of ['localhost.example', '128.0.0.1', 'example.com']) assert.ok(!isLoopback(name), name);
  });
});
