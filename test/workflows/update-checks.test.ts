import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkCeilingChange, checkLeaseRequest, checkWriterRequest } from '../../src/workflows/budget-checks.ts';
import { objectOf, onlyFields, optionalObjectOf, optionalTexts, textOf } from '../../src/workflows/update-checks.ts';

const EXAMPLE = '{"by": "your name"}';

function checkClaim(input: unknown): string {
  const claim = objectOf(input, EXAMPLE);
  onlyFields(claim, ['by', 'reason']);
  optionalTexts(claim, ['reason']);
  return textOf(claim, 'by');
}

describe('the argument of an Update', () => {
  it('is an object with the fields that are known, and texts in them', () => {
    assert.equal(checkClaim({ by: 'jane', reason: 'größer → “besser”' }), 'jane');
    assert.deepEqual(optionalObjectOf(undefined, EXAMPLE), {});
    for (const [input, message] of [
      [null, /must be an object such as/],
      ['jane', /must be an object such as/],
      [['jane'], /must be an object such as/],
      [{}, /by must be a text/],
      [{ by: { toString: 'jane' } }, /by must be a text/],
      [{ by: ' ' }, /by must be a text/],
      [{ by: 'jane', why: '' }, /'why' is not known here: only by and reason are/],
      [{ by: 'jane', reason: ['x'] }, /reason must be a text/],
    ] as const) {
      assert.throws(() => checkClaim(input), { type: 'UpdateRejected', message });
    }
  });

  it('is not large, whoever sends it, nor is what is said of it', () => {
    const huge = 'x'.repeat(1_000_000);
    for (const input of [{ by: huge }, { by: 'jane', reason: huge }, { by: 'jane', [huge]: '' }]) {
      assert.throws(
        () => checkClaim(input),
        (error: Error) => error.message.length < 200,
      );
    }
  });

  it('steers no terminal, and reads as what it is', () => {
    for (const by of ['jane\n# root', 'jane\u001B[2J', 'jane\u009B2J', '\u202Eenaj', 'jane\u2028root']) {
      assert.throws(() => checkClaim({ by }), { message: /by has a line break or another control character/ });
    }
  });

  it('changes no prototype, and takes nothing from one', () => {
    for (const name of ['__proto__', 'constructor', 'prototype']) {
      const input: unknown = JSON.parse(`{"by": "jane", "${name}": {"reason": "polluted"}}`);
      assert.throws(() => checkClaim(input), { message: new RegExp(`'${name}' is not known here`) });
    }
    assert.throws(() => checkClaim(JSON.parse('{"__proto__": {"by": "root"}}')), { type: 'UpdateRejected' });
    assert.equal(({} as { reason?: string }).reason, undefined);
  });

  it('is taken or refused with a sentence, whatever it is', () => {
    for (const check of [checkClaim, checkCeilingChange, checkLeaseRequest, checkWriterRequest]) {
      fc.assert(
        fc.property(fc.jsonValue(), (input) => {
          try {
            check(input);
          } catch (error) {
            assert.equal((error as { type?: string }).type, 'UpdateRejected');
            assert.ok((error as Error).message.length < 300);
          }
        }),
      );
    }
  });
});
