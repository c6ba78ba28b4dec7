import assert from 'node:assert/strict';
import fc from 'fast-check';
import { messageOf, PromoterError } from '../src/errors.ts';
import { printable, withoutControls } from '../src/printable.ts';

/** What a terminal acts on, and what makes text read as another. */
const ACTED_ON = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

const CLEAR = '\u001B[2J';
const CLEAR_BY_8_BITS = '\u009B2J';
const TITLE = '\u001B]0;promoted\u0007';
const REVERSED = '\u202Eexe.ppa';

describe('text from outside', () => {
  it('shows where something was that a terminal would act on', () => {
    assert.equal(
      withoutControls(`a${CLEAR}b${CLEAR_BY_8_BITS}c${TITLE}d${REVERSED}`),
      'a�[2Jb�2Jc�]0;promoted�d�exe.ppa',
    );
    assert.equal(withoutControls('a\tb\nc\r\n'), 'a\tb\nc�\n');
  });

  it('is left as it is otherwise', () => {
    for (const text of ['✓ registry.example/app:v1 → “ok”', 'größer', '日本語', '👩‍🚀', 'שלום']) {
      assert.equal(withoutControls(text), text);
    }
  });

  it('never steers a terminal, in a message or quoted in one', () => {
    const outside = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(CLEAR, CLEAR_BY_8_BITS, TITLE, REVERSED));
    fc.assert(
      fc.property(fc.array(outside), (texts) => {
        const text = texts.join('');
        const thrown = [
          new PromoterError('RegistryRefused', text).message,
          messageOf(new Error(text)),
          messageOf(text),
        ];
        for (const shown of thrown) assert.doesNotMatch(shown.replaceAll(/[\t\n]/g, ''), ACTED_ON);
        assert.doesNotMatch(printable(text), ACTED_ON);
        assert.ok(printable(text).length <= 300);
      }),
    );
  });
});
