import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PromoterError } from '../../src/errors.ts';
import type { Credentials } from '../../src/registry/credentials.ts';
import { createDockerCredentials } from '../../src/registry/docker-config.ts';

describe('Docker configuration', () => {
  let folder: string;
  const time = { now: 0 };
  const helperCalls: string[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'docker-config-'));
    helperCalls.length = 0;
    time.now = 0;
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function credentialsIn(config: unknown, helper?: Credentials) {
    const text = typeof config === 'string' ? config : JSON.stringify(config);
    if (config !== undefined) await writeFile(join(folder, 'config.json'), text);
    return createDockerCredentials({
      env: { DOCKER_CONFIG: folder },
      now: () => time.now,
      askHelper: (name, server) => {
        helperCalls.push(`${name} ${server}`);
        return Promise.resolve(helper);
      },
    });
  }

  const auth = Buffer.from('user:pass:word').toString('base64');
  const password = { kind: 'password', username: 'user', password: 'pass:word' };

  it('finds passwords by exact host, however the key is written', async () => {
    const find = await credentialsIn({
      auths: { 'a.example': { auth }, 'https://b.example:5000/v1/': { auth }, 'evil.a.example': {} },
    });
    assert.deepEqual(await find('a.example'), password);
    assert.deepEqual(await find('b.example:5000'), password);
    assert.equal(await find('b.example'), undefined);
    assert.equal(await find('evil.a.example'), undefined);
    assert.equal(await find('example'), undefined);
  });

  it('knows Docker Hub by all its names', async () => {
    const find = await credentialsIn({ auths: { 'https://index.docker.io/v1/': { auth } } });
    assert.deepEqual(await find('docker.io'), password);
    assert.deepEqual(await find('registry-1.docker.io'), password);
  });

  it('gives nobody else what is for Docker Hub, and Docker Hub nothing else', async () => {
    const hub = await credentialsIn({ auths: { 'https://index.docker.io/v1/': { auth } } });
    assert.equal(await hub('a.example'), undefined);
    const other = await credentialsIn({ auths: { 'a.example': { auth } } });
    assert.equal(await other('docker.io'), undefined);
  });

  it('takes no entry for one of another host because of how it is written', async () => {
    const find = await credentialsIn({
      auths: { 'evil.example/https://a.example': { auth }, 'http://b.example/v2/b.example': { auth } },
    });
    assert.equal(await find('a.example'), undefined);
    assert.deepEqual(await find('evil.example'), password);
    assert.deepEqual(await find('b.example'), password);
  });

  it('reads no credentials out of what is none', async () => {
    for (const entry of [
      null,
      7,
      'text',
      {},
      { auth: 7 },
      { registrytoken: 7, identitytoken: ['x'] },
      { password: 'p' },
    ]) {
      const find = await credentialsIn({ auths: { 'a.example': entry } });
      assert.equal(await find('a.example'), undefined, JSON.stringify(entry));
    }
  });

  it('finds tokens', async () => {
    const find = await credentialsIn({
      auths: { 'a.example': { auth: '', identitytoken: 'id' }, 'b.example': { registrytoken: 'reg' } },
    });
    assert.deepEqual(await find('a.example'), { kind: 'identityToken', token: 'id' });
    assert.deepEqual(await find('b.example'), { kind: 'registryToken', token: 'reg' });
  });

  it('asks the helper of the host, else the store, else the file', async () => {
    const config = { credsStore: 'store', credHelpers: { 'gcr.io': 'gcloud' }, auths: { 'a.example': { auth } } };
    const find = await credentialsIn(config);
    assert.equal(await find('gcr.io'), undefined);
    assert.deepEqual(await find('a.example'), password);
    await find('docker.io');
    assert.deepEqual(helperCalls, ['gcloud gcr.io', 'store a.example', 'store https://index.docker.io/v1/']);
  });

  it('asks the helper of a host by either of its names, and no program without a name', async () => {
    const hub = await credentialsIn({ credsStore: 'store', credHelpers: { 'docker.io': 'hub' } });
    await hub('docker.io');
    assert.deepEqual(helperCalls, ['hub https://index.docker.io/v1/']);
    for (const name of ['', 7, null]) await (await credentialsIn({ credsStore: name }))('a.example');
    assert.equal(helperCalls.length, 1);
  });

  it('asks again after a failure, and remembers none', async () => {
    let fails = true;
    await writeFile(join(folder, 'config.json'), JSON.stringify({ credsStore: 'store' }));
    const find = createDockerCredentials({
      env: { DOCKER_CONFIG: folder },
      askHelper: async () => {
        if (fails) throw new Error('locked');
        return { kind: 'identityToken', token: 'x' };
      },
    });
    await assert.rejects(Promise.resolve(find('a.example')), /locked/);
    fails = false;
    assert.deepEqual(await find('a.example'), { kind: 'identityToken', token: 'x' });
  });

  it('remembers what a helper said for a while, and asks again when told to', async () => {
    const find = await credentialsIn({ credsStore: 'store' }, { kind: 'identityToken', token: 'x' });
    await Promise.all([find('a.example'), find('a.example')]);
    assert.equal(helperCalls.length, 1);
    await find('a.example', { renew: true });
    assert.equal(helperCalls.length, 2);
    time.now = 5 * 60_000;
    await find('a.example');
    assert.equal(helperCalls.length, 3);
  });

  it('uses every host anonymously without a file', async () => {
    const find = await credentialsIn(undefined);
    assert.equal(await find('a.example'), undefined);
    await writeFile(join(folder, 'file'), '');
    const below = createDockerCredentials({ env: { DOCKER_CONFIG: join(folder, 'file') } });
    assert.equal(await below('a.example'), undefined);
  });

  it('reads the file in the home folder unless another is named', async () => {
    await mkdir(join(folder, '.docker'));
    await writeFile(join(folder, '.docker/config.json'), JSON.stringify({ auths: { 'a.example': { auth } } }));
    assert.deepEqual(await createDockerCredentials({ env: { HOME: folder } })('a.example'), password);
    assert.equal(
      await createDockerCredentials({ env: { HOME: folder, DOCKER_CONFIG: folder } })('a.example'),
      undefined,
    );
  });

  it('takes user and password that are written out, both or neither', async () => {
    const find = await credentialsIn({
      auths: { 'a.example': { username: 'user', password: 'pass:word' }, 'b.example': { username: 'user' } },
    });
    assert.deepEqual(await find('a.example'), password);
    assert.equal(await find('b.example'), undefined);
  });

  it('says what is wrong with the file without quoting it', async () => {
    for (const config of [
      '{"auths": {"a.example": {"auth": "c2VjcmV0"',
      '"c2VjcmV0"',
      'null',
      { auths: { 'a.example': { auth: 'c2VjcmV0' } } },
    ]) {
      const find = await credentialsIn(config);
      await assert.rejects(find('a.example'), (error) => {
        assert.ok(error instanceof PromoterError && error.code === 'ConfigInvalid');
        assert.match(error.message, /config\.json/);
        assert.doesNotMatch(error.message, /c2VjcmV0/);
        return true;
      });
    }
  });
});
