import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import { PromoterError } from '../src/errors.ts';
import { parseYaml, readYamlFile } from '../src/yaml-file.ts';

const schema = z.strictObject({
  name: z.string(),
  server: z.strictObject({ ports: z.array(z.int()) }),
});

describe('a YAML file with a schema', () => {
  it('is read', () => {
    const parsed = parseYaml('f.yaml', 'name: a\nserver:\n  ports: [1, 2]\n', schema);
    assert.deepEqual(parsed, { name: 'a', server: { ports: [1, 2] } });
  });

  it('has every problem reported with its line', () => {
    const text = 'server:\n  ports:\n    - 1\n    - two\n  prots: []\nname: 7\n';
    assert.deepEqual(problemsOf(text).map(withoutReason), [
      'f.yaml:4: server.ports.1',
      'f.yaml:5: server.prots',
      'f.yaml:6: name',
    ]);
  });

  it('has a missing setting reported at what should hold it', () => {
    assert.deepEqual(problemsOf('name: a\n# remark\nserver: {}\n').map(withoutReason), ['f.yaml:3: server.ports']);
  });

  it('has a syntax error reported with its line', () => {
    assert.match(problemsOf('name: a\nserver: [\n')[0] ?? '', /^f\.yaml:[23]: /);
  });

  it('must exist', async () => {
    await assert.rejects(readYamlFile('/nowhere/f.yaml', schema), {
      code: 'ConfigInvalid',
      message: /cannot read \/nowhere\/f\.yaml: ENOENT/,
    });
  });

  it('gives a value or problems, whatever it contains', () => {
    const yamlText = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .array(fc.constantFrom('name: ', 'server:', '\n', '  ', '- ', '[', '}', '1', '&a', '*a', '!!x '))
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(yamlText, (text) => {
        try {
          parseYaml('f.yaml', text, schema);
        } catch (error) {
          assert.ok(error instanceof PromoterError, String(error));
          assert.match(error.message, /^f\.yaml(:\d+)?: /);
        }
      }),
    );
  });
});

function problemsOf(text: string): readonly string[] {
  try {
    parseYaml('f.yaml', text, schema);
  } catch (error) {
    assert.ok(error instanceof PromoterError);
    assert.equal(error.code, 'ConfigInvalid');
    return error.message.split('\n');
  }
  return assert.fail('no problem was reported');
}

function withoutReason(problem: string): string {
  return problem.split(': ').slice(0, 2).join(': ');
}
