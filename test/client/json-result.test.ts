import assert from 'node:assert/strict';
import fc from 'fast-check';
import { writeJsonResult } from '../../src/client/json-result.ts';

async function* each(items: readonly unknown[]): AsyncGenerator {
  yield* items;
}

async function written(fields: Record<string, unknown>, lists?: Record<string, readonly unknown[]>): Promise<unknown> {
  let text = '';
  const streams = Object.entries(lists ?? {}).map(([name, items]) => [name, each(items)] as const);
  await writeJsonResult({ write: (part) => (text += part) }, fields, Object.fromEntries(streams));
  return JSON.parse(text);
}

describe('writeJsonResult', () => {
  it('writes one document of fields and lists', async () => {
    assert.deepEqual(await written({ a: 1, b: { c: ['d'] } }, { plan: [1, { e: 2 }], none: [] }), {
      a: 1,
      b: { c: ['d'] },
      plan: [1, { e: 2 }],
      none: [],
    });
  });

  it('leaves out what is undefined', async () => {
    assert.deepEqual(await written({ a: undefined, b: null }), { b: null });
  });

  it('keeps whatever can be said in JSON', async () => {
    const name = fc.string().filter((text) => text !== '__proto__');
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, fc.jsonValue()), fc.array(fc.jsonValue()), async (fields, items) => {
        const { list: _, ...rest } = fields;
        const expected: unknown = JSON.parse(JSON.stringify({ ...rest, list: items }));
        assert.deepEqual(await written(rest, { list: items }), expected);
      }),
    );
  });
});
