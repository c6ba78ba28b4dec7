import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import { type OidcIssuer, startOidcIssuer } from '../../../src/stack/sigstore/oidc-issuer.ts';

interface Token {
  readonly header: Readonly<Record<string, string>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: string;
  readonly signature: Buffer;
}

function parse(token: string): Token {
  const [header = '', claims = '', signature = ''] = token.split('.');
  return {
    header: JSON.parse(Buffer.from(header, 'base64url').toString()) as Token['header'],
    claims: JSON.parse(Buffer.from(claims, 'base64url').toString()) as Token['claims'],
    signed: `${header}.${claims}`,
    signature: Buffer.from(signature, 'base64url'),
  };
}

async function getJson<Body>(url: string): Promise<Body> {
  return (await (await fetch(url)).json()) as Body;
}

describe('OpenID Connect issuer', () => {
  let issuer: OidcIssuer;
  before(async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    issuer = await startOidcIssuer({ port: 0, privateKey });
  });
  after(() => issuer.stop());

  async function getToken(query = ''): Promise<Token> {
    return parse(await (await fetch(`${issuer.tokenUrl}${query}`)).text());
  }

  it('signs tokens with the key that its discovery document leads to', async () => {
    const discovery = await getJson<Record<string, string>>(`${issuer.url}/.well-known/openid-configuration`);
    assert.equal(discovery['issuer'], issuer.url);
    assert.deepEqual(discovery['id_token_signing_alg_values_supported'], ['RS256']);
    const { keys } = await getJson<{ keys: (JsonWebKey & { kid: string })[] }>(discovery['jwks_uri'] ?? '');
    const { header, signed, signature } = await getToken();
    const key = keys.find(({ kid }) => kid === header['kid']);
    assert.ok(key !== undefined && key.d === undefined);
    assert.equal(header['alg'], 'RS256');
    assert.ok(verify('sha256', Buffer.from(signed), createPublicKey({ key, format: 'jwk' }), signature));
  });

  it('says what Fulcio wants to know when it is asked for nothing in particular', async () => {
    const { claims } = await getToken();
    assert.equal(claims['iss'], issuer.url);
    assert.equal(claims['aud'], 'sigstore');
    assert.equal(claims['email_verified'], true);
    assert.equal(claims['email'], claims['sub']);
    assert.equal(Number(claims['exp']) - Number(claims['iat']), 600);
  });

  it('takes e-mail address, audience and lifetime from the query', async () => {
    const { claims } = await getToken('?email=krel%40k8s.example&audience=other&lifetime=3');
    assert.equal(claims['email'], 'krel@k8s.example');
    assert.equal(claims['aud'], 'other');
    assert.equal(Number(claims['exp']) - Number(claims['iat']), 3);
  });

  it("answers as GitHub's token endpoint does when JSON is accepted", async () => {
    const response = await fetch(`${issuer.tokenUrl}?audience=sigstore`, { headers: { accept: 'application/json' } });
    const { value } = (await response.json()) as { value: string };
    assert.equal(parse(value).claims['iss'], issuer.url);
  });

  it('refuses a lifetime that is none, and paths that it does not know', async () => {
    for (const lifetime of ['0', '-1', '1.5', 'soon', '']) {
      assert.equal((await fetch(`${issuer.tokenUrl}?lifetime=${lifetime}`)).status, 400, lifetime);
    }
    assert.equal((await fetch(`${issuer.url}/authorize`)).status, 404);
  });
});
