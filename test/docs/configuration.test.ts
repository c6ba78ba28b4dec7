import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { configurationSchema } from '../../src/configuration/schema.ts';
import { generatedFiles, REFERENCE } from '../../tools/configuration-reference.ts';

describe('the reference of the configuration', () => {
  it('is what the schema says: npm run docs:configuration', async () => {
    for (const [file, text] of await generatedFiles()) assert.equal(await readFile(file, 'utf8'), text, file.pathname);
  });

  it('has an example that is valid', async () => {
    const examples = [...(await readFile(REFERENCE, 'utf8')).matchAll(/^```yaml\n(.*?)^```/gms)];
    assert.ok(examples.length > 0);
    for (const [, example = ''] of examples) configurationSchema.parse(parse(example));
  });
});
