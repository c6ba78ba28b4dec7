import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { compilePolicy, policyOfFlags, policyOfSigner } from '../../src/signing/identity-policy.ts';

const ISSUER = 'https://accounts.google.com';
const signer = (identity: string, issuer = ISSUER) => ({ kind: 'certificate', identity, issuer }) as const;

describe('whose signatures count', () => {
  it('an exact identity is that one and no other', () => {
    const policy = compilePolicy(policyOfFlags({ certificateIdentity: 'a.b@c.d', certificateOidcIssuer: ISSUER }));
    assert.equal(policy.accepts(signer('a.b@c.d')), true);
    assert.equal(policy.accepts(signer('axb@c.d')), false);
    assert.equal(policy.accepts(signer('a.b@c.d', 'https://accounts.google.com.evil.test')), false);
  });

  it('a pattern has to match from beginning to end, alternatives too', () => {
    const policy = compilePolicy(
      policyOfFlags({
        certificateIdentityRegexp: 'krel-staging@x\\.test|krel-trust@x\\.test',
        certificateOidcIssuerRegexp: 'https://accounts\\.google\\.com',
      }),
    );
    assert.equal(policy.accepts(signer('krel-trust@x.test')), true);
    assert.equal(policy.accepts(signer('krel-staging@x.test')), true);
    assert.equal(policy.accepts(signer('krel-trust@x.test.evil.test')), false);
    assert.equal(policy.accepts(signer('evil+krel-staging@x.test')), false);
    assert.equal(policy.accepts(signer('krel-trust@x.test\nevil')), false);
    assert.equal(policy.accepts(signer('krel-trust@x.test', `${ISSUER}/evil`)), false);
  });

  it('a flag and its pattern may be given together', () => {
    const policy = compilePolicy(
      policyOfFlags({ certificateIdentity: 'a@b', certificateIdentityRegexp: 'c.*', certificateOidcIssuer: ISSUER }),
    );
    assert.deepEqual(
      ['a@b', 'cx', 'd'].map((identity) => policy.accepts(signer(identity))),
      [true, true, false],
    );
  });

  it('leaving identity or issuer open is refused, and so is a pattern that is none', () => {
    for (const flags of [
      {},
      { certificateIdentity: 'a@b' },
      { certificateOidcIssuer: ISSUER, certificateIdentity: '' },
    ]) {
      assert.throws(() => policyOfFlags(flags), { code: 'ConfigInvalid' });
    }
    for (const certificateIdentityRegexp of ['(', 'a)|(.*']) {
      const broken = policyOfFlags({ certificateIdentityRegexp, certificateOidcIssuer: ISSUER });
      assert.throws(() => compilePolicy(broken), { code: 'ConfigInvalid' });
    }
    assert.throws(() => compilePolicy({ publicKeys: ['no key'] }), { code: 'ConfigInvalid' });
  });

  it('an empty policy accepts nobody', () => {
    assert.equal(compilePolicy({}).accepts(signer('')), false);
  });

  it("a signer's own policy accepts that signer alone", () => {
    const pem = (): string =>
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const key = { kind: 'key', publicKey: pem() } as const;
    assert.equal(compilePolicy(policyOfSigner(key)).accepts(key), true);
    assert.equal(compilePolicy(policyOfSigner(key)).accepts({ kind: 'key', publicKey: pem() }), false);
    assert.equal(compilePolicy(policyOfSigner(key)).accepts(signer('a@b')), false);
    assert.equal(compilePolicy(policyOfSigner(signer('a@b'))).accepts(signer('a@b')), true);
    assert.equal(compilePolicy(policyOfSigner(signer('a@b'))).accepts(key), false);
  });
});
