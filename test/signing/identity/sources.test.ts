import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIdentityProvider, detectIdentitySource } from '../../../src/signing/identity/sources.ts';
import type { IdentitySource } from '../../../src/signing/identity/sources.ts';
import type { ServiceCall, ServiceClient } from '../../../src/signing/service.ts';

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const TOKEN = `${part({})}.${part({ iss: 'https://issuer.test', sub: 's', exp: 4_000_000_000 })}.x`;

function answering(body: string): { service: ServiceClient; calls: ServiceCall[] } {
  const calls: ServiceCall[] = [];
  const service: ServiceClient = async (call) => {
    calls.push(call);
    return { status: 200, headers: {}, body: Buffer.from(body) };
  };
  return { service, calls };
}

function tokenOf(source: IdentitySource, environment: Record<string, string>, service = answering('').service) {
  return createIdentityProvider(source, { environment, service }).token();
}

describe('where identity tokens come from', () => {
  it('the environment', async () => {
    assert.equal(await tokenOf({ kind: 'environment' }, { SIGSTORE_ID_TOKEN: ` ${TOKEN}\n` }), TOKEN);
    await assert.rejects(tokenOf({ kind: 'environment' }, {}), { code: 'IdentityUnavailable' });
  });

  it('a file, as Kubernetes projects it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'token-'));
    const path = join(folder, 'oidc-token');
    try {
      await assert.rejects(tokenOf({ kind: 'file', path }, {}), { code: 'IdentityUnavailable', message: /oidc-token/ });
      await writeFile(path, `${TOKEN}\n`);
      assert.equal(await tokenOf({ kind: 'file', path }, {}), TOKEN);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('GitHub Actions, with the audience that Fulcio wants', async () => {
    const { service, calls } = answering(JSON.stringify({ value: TOKEN }));
    const environment = {
      ACTIONS_ID_TOKEN_REQUEST_URL: 'https://github.test/token?api-version=2',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
    };
    assert.equal(await tokenOf({ kind: 'github' }, environment, service), TOKEN);
    assert.equal(calls[0]?.url, 'https://github.test/token?api-version=2&audience=sigstore');
    assert.equal(calls[0].headers?.['authorization'], 'Bearer request-token');
  });

  it('a URL that answers with text or JSON', async () => {
    for (const body of [TOKEN, JSON.stringify({ token: TOKEN }), JSON.stringify({ id_token: TOKEN })]) {
      const { service } = answering(body);
      assert.equal(await tokenOf({ kind: 'url', url: 'http://127.0.0.1/token' }, {}, service), TOKEN);
    }
    for (const body of ['{"other":1}', `{${TOKEN}`]) {
      const { service } = answering(body);
      const asked = tokenOf({ kind: 'url', url: 'http://127.0.0.1/token' }, {}, service);
      await assert.rejects(asked, { code: 'IdentityUnavailable', message: /127\.0\.0\.1 holds no token$/ });
    }
  });

  it('are found in the environment in the order that cosign has', () => {
    const github = { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://x.test' };
    assert.deepEqual(detectIdentitySource({ ...github, SIGSTORE_ID_TOKEN: TOKEN }), { kind: 'environment' });
    assert.deepEqual(detectIdentitySource({ ...github, SIGSTORE_ID_TOKEN_FILE: '/t' }), { kind: 'file', path: '/t' });
    assert.deepEqual(detectIdentitySource(github), { kind: 'github' });
    assert.equal(detectIdentitySource({ SIGSTORE_ID_TOKEN: ' ' }), undefined);
  });
});
