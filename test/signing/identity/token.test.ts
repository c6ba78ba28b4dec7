import assert from 'node:assert/strict';
import { cacheTokens, tokenClaims } from '../../../src/signing/identity/token.ts';

function token(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.signature`;
}

const CLAIMS = { iss: 'https://issuer.test', sub: 'subject', exp: 1000 };

describe('identity tokens', () => {
  it('prove possession over the e-mail address, else over the subject', () => {
    const expected = { issuer: CLAIMS.iss, expiresAt: 1_000_000 };
    assert.deepEqual(tokenClaims(token(CLAIMS)), { ...expected, subject: 'subject' });
    const withEmail = { ...CLAIMS, email: 'a@b.c', email_verified: true };
    assert.deepEqual(tokenClaims(token(withEmail)), { ...expected, subject: 'a@b.c' });
    assert.throws(() => tokenClaims(token({ ...withEmail, email_verified: false })), { code: 'IdentityUnavailable' });
  });

  it('name an address that is verified, or else a subject', () => {
    assert.equal(tokenClaims(token({ ...CLAIMS, email: '' })).subject, 'subject');
    assert.equal(tokenClaims(token({ ...CLAIMS, email: 1 })).subject, 'subject');
    assert.equal(tokenClaims(token({ ...CLAIMS, email: 'a@b.c', email_verified: 'true' })).subject, 'a@b.c');
    for (const [claims, message] of [
      [{ ...CLAIMS, email: 'a@b.c' }, /its e-mail address a@b\.c is not verified$/],
      [{ ...CLAIMS, sub: '' }, /it names no subject \(sub\)$/],
      [{ ...CLAIMS, sub: 1 }, /it names no subject \(sub\)$/],
      [{ ...CLAIMS, iss: null }, /it names no issuer \(iss\)$/],
      [{ ...CLAIMS, exp: '1000' }, /it names no time of expiry \(exp\)$/],
    ] as const) {
      assert.throws(() => tokenClaims(token(claims)), { code: 'IdentityUnavailable', message });
    }
  });

  it('have three parts, of which the second is an object', () => {
    const payload = token(CLAIMS).split('.')[1] ?? '';
    const message = /not an identity token: it has (?:2|4) parts instead of 3$/;
    for (const text of [`a.${payload}`, `a.${payload}.b.c`]) assert.throws(() => tokenClaims(text), { message });
    for (const value of [null, 1, 'text']) {
      const text = `a.${Buffer.from(JSON.stringify(value)).toString('base64url')}.b`;
      assert.throws(() => tokenClaims(text), { message: /its payload is not a JSON object$/ });
    }
  });

  it('are never quoted when they cannot be read', () => {
    const secret = 'c2VjcmV0';
    for (const text of [
      secret,
      `${secret}.${secret}.${secret}`,
      token({ ...CLAIMS, exp: 'never' }),
      token({ ...CLAIMS, iss: 1 }),
    ]) {
      assert.throws(
        () => tokenClaims(text),
        (error: Error & { code: string; cause?: unknown }) => {
          assert.equal(error.code, 'IdentityUnavailable');
          assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /c2VjcmV0|secret/);
          return true;
        },
      );
    }
  });

  it('are asked for once until shortly before they expire', async () => {
    let asked = 0;
    let now = 0;
    const provider = cacheTokens(
      {
        async token() {
          asked += 1;
          await new Promise(setImmediate);
          return token({ ...CLAIMS, exp: now / 1000 + 600 });
        },
      },
      { now: () => now },
    );
    const all = await Promise.all(Array.from({ length: 10 }, () => provider.token()));
    assert.deepEqual([new Set(all).size, asked], [1, 1]);
    now = 500_000;
    await provider.token();
    assert.equal(asked, 1);
    now = 541_000;
    await provider.token();
    assert.equal(asked, 2);
  });

  it('that have expired already are an error, and the provider is asked again next time', async () => {
    let exp = 1;
    const provider = cacheTokens({ token: async () => token({ ...CLAIMS, exp }) }, { now: () => 2000 });
    await assert.rejects(provider.token(), {
      code: 'IdentityUnavailable',
      message: /expired at 1970.*, and this machine's clock says 1970/,
    });
    exp = 1000;
    assert.equal(await provider.token(), token({ ...CLAIMS, exp }));
  });
});
