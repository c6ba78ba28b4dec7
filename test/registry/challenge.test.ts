import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bestChallenge, parseChallenges } from '../../src/registry/challenge.ts';

function plain(header: string) {
  return parseChallenges(header).map(({ scheme, parameters }) => ({ scheme, parameters: { ...parameters } }));
}

describe('WWW-Authenticate', () => {
  it('reads what registries send', () => {
    const header =
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"';
    assert.deepEqual(plain(header), [
      {
        scheme: 'bearer',
        parameters: {
          realm: 'https://auth.docker.io/token',
          service: 'registry.docker.io',
          scope: 'repository:a/b:pull,push',
        },
      },
    ]);
    assert.deepEqual(plain('Basic realm="Registry, \\"ours\\""'), [
      { scheme: 'basic', parameters: { realm: 'Registry, "ours"' } },
    ]);
  });

  it('tells several challenges apart', () => {
    const header = 'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"';
    assert.deepEqual(plain(header), [
      { scheme: 'newauth', parameters: { realm: 'apps', type: '1', title: 'Login to "apps"' } },
      { scheme: 'basic', parameters: { realm: 'simple' } },
    ]);
    assert.deepEqual(plain('Negotiate, Basic'), [
      { scheme: 'negotiate', parameters: {} },
      { scheme: 'basic', parameters: {} },
    ]);
    assert.deepEqual(plain('Negotiate YII= , Bearer realm = "https://x"'), [
      { scheme: 'negotiate', parameters: {} },
      { scheme: 'bearer', parameters: { realm: 'https://x' } },
    ]);
  });

  it('prefers a token to a password', () => {
    assert.equal(bestChallenge('Basic realm="a", Bearer realm="https://b"')?.scheme, 'bearer');
    assert.equal(bestChallenge('Bearer error="x", Basic realm="a"')?.scheme, 'basic');
    assert.equal(bestChallenge('Negotiate'), undefined);
    assert.equal(bestChallenge(''), undefined);
  });

  it('keeps the first of two parameters, and no prototype', () => {
    const [challenge] = parseChallenges('Bearer realm="a", realm="b", __proto__="c"');
    assert.equal(challenge?.parameters['realm'], 'a');
    assert.equal(Object.getPrototypeOf(challenge?.parameters ?? {}), null);
  });

  it('reads back what it is made of', () => {
    const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    const value = fc.string({ unit: 'grapheme-ascii' });
    const challenge = fc.record({ scheme: token, parameters: fc.dictionary(token, value, { minKeys: 1 }) });
    fc.assert(
      fc.property(fc.array(challenge), (challenges) => {
        const header = challenges
          .map(({ scheme, parameters }) => {
            const list = Object.entries(parameters).map(
              ([name, text]) => `${name}="${text.replace(/["\\]/g, '\\$&')}"`,
            );
            return `${scheme} ${list.join(', ')}`;
          })
          .join(', ');
        assert.deepEqual(
          plain(header),
          challenges.map(({ scheme, parameters }) => ({ scheme, parameters: { ...parameters } })),
        );
      }),
    );
  });

  it('takes no longer for a header that is made to take long', function () {
    this.timeout('5s');
    for (const piece of ['a ', ' ', ',', 'a=', 'a="', '\\"', 'Bearer a="\\', '=', 'a=b ', 'Basic ']) {
      // As much as a header may have by far.
      assert.ok(Array.isArray(parseChallenges(`Bearer ${piece.repeat(64 * 1024)}`)), piece);
    }
  });

  it('survives anything', () => {
    fc.assert(fc.property(fc.string(), (header) => assert.ok(Array.isArray(parseChallenges(header)))));
  });
});
