import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import { configurationSchema, SETTINGS } from '../../src/configuration/schema.ts';
import { valueOfText } from '../../src/configuration/setting.ts';

describe('settings', () => {
  it('have variables, flags and names of their own', () => {
    for (const key of ['variable', 'flag'] as const) {
      const names = SETTINGS.map(({ note }) => note[key]).filter((name) => name !== undefined);
      assert.ok(names.length > 5);
      assert.deepEqual(names, [...new Set(names)]);
    }
  });

  it('say what holds where nothing is said, by a default that the schema takes', () => {
    for (const { path, schema, note } of SETTINGS) {
      assert.ok((note.default === undefined) !== (note.otherwise === undefined), path.join('.'));
      if (note.default !== undefined) assert.ok(schema.safeParse(note.default).success, path.join('.'));
    }
  });

  it('are all that there is: no setting is without a note', () => {
    const leaves = (schema: z.ZodObject): number =>
      Object.values(schema.shape).reduce((count: number, field) => {
        const inner = field instanceof z.ZodExactOptional ? field.unwrap() : field;
        return count + (inner instanceof z.ZodObject ? leaves(inner) : 1);
      }, 0);
    assert.equal(leaves(configurationSchema), SETTINGS.length);
  });

  it('are read from texts by the kind of their value', () => {
    const pair = z.strictObject({ name: z.string(), value: z.string() });
    assert.equal(valueOfText(z.number(), ' 12.5'), 12.5);
    assert.equal(valueOfText(z.number(), ' '), Number.NaN);
    assert.equal(valueOfText(z.boolean(), 'false'), false);
    assert.equal(valueOfText(z.boolean(), 'no'), 'no');
    assert.deepEqual(valueOfText(z.array(z.string()), 'a, b,'), ['a', 'b']);
    assert.deepEqual(valueOfText(z.array(pair), 'a=b, c'), [{ name: 'a', value: 'b' }, 'c']);
  });

  it('give a value or a refusal, whatever the text', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SETTINGS), fc.string(), ({ schema }, text) => {
        assert.equal(typeof schema.safeParse(valueOfText(schema, text)).success, 'boolean');
      }),
    );
  });
});
