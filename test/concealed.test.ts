import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concealed, secretsInAuthorization } from '../src/concealed.ts';

describe('text that repeats a secret', () => {
  it('hides it, however it is written', () => {
    const secret = 'p"ss/w\\rd';
    const text = `raw ${secret}, in JSON ${JSON.stringify({ secret })}, in a URL ?a=${encodeURIComponent(secret)}.`;
    assert.equal(concealed(text, [secret]), 'raw [hidden], in JSON {"secret":"[hidden]"}, in a URL ?a=[hidden].');
  });

  it('hides all of one that begins with another', () => {
    assert.equal(concealed('token-of-somebody', ['token', 'token-of-somebody']), '[hidden]');
  });

  it('stays as it is without one, or where it is no secret', () => {
    assert.equal(concealed('as it is', []), 'as it is');
    assert.equal(concealed('as it is', ['', 'is', 'other']), 'as it is');
  });

  it('never shows one afterwards', () => {
    // Characters that the stand-in has not.
    const secret = fc.string({ unit: fc.constantFrom('$', '&', '"', '\\', '/', '%', 'A', 'B', '='), minLength: 4 });
    fc.assert(
      fc.property(fc.string(), secret, fc.string(), (before, hidden, after) => {
        assert.ok(!concealed(`${before}${hidden}${after}`, [hidden]).includes(hidden));
      }),
    );
  });
});

describe('a header Authorization', () => {
  it('has secrets by its scheme', () => {
    const pair = Buffer.from('robot:pass:word').toString('base64');
    assert.deepEqual(secretsInAuthorization(`Basic ${pair}`), [pair, 'pass:word']);
    assert.deepEqual(secretsInAuthorization(`basic ${pair}`), [pair, 'pass:word']);
    assert.deepEqual(secretsInAuthorization('Bearer token'), ['token']);
  });

  it('has none where it says nothing', () => {
    for (const header of [undefined, '', 'Bearer', 'Bearer ', ' token']) {
      assert.deepEqual(secretsInAuthorization(header), []);
    }
  });
});
