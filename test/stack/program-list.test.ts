import assert from 'node:assert/strict';
import { readProgramList, selectPrograms } from '../../src/stack/program-list.ts';

describe('the list of programs', () => {
  it('is valid, with a name and a variable of its own for each program', async () => {
    const { programs } = await readProgramList();
    const variables = programs.map((program) => program.environment);
    assert.deepEqual([...new Set(variables)], variables);
    assert.ok(programs.length > 0);
  });

  it('gives programs that build to the same name different names', async () => {
    const { programs } = await readProgramList();
    const registries = programs.filter((program) => program.binary === 'registry');
    assert.deepEqual(
      registries.map(({ name, onPath }) => [name, onPath]),
      [
        ['distribution', undefined],
        ['ggcr-registry', undefined],
      ],
    );
  });

  it('answers names and groups, each program once, in its own order', async () => {
    const list = await readProgramList();
    const names = selectPrograms(list, ['fulcio', 'crane', 'core']).map((program) => program.name);
    assert.deepEqual(names, ['temporal', 'distribution', 'crane', 'fulcio']);
  });

  it('has the programs of the light profile in the full one too', async () => {
    const list = await readProgramList();
    const full = selectPrograms(list, ['full']);
    for (const program of selectPrograms(list, ['light'])) assert.ok(full.includes(program), program.name);
  });

  it('says what there is when asked for something else', async () => {
    const list = await readProgramList();
    assert.throws(() => selectPrograms(list, ['core', 'terminal']), {
      code: 'UsageInvalid',
      message: /^'terminal' is neither .*core.*temporal/,
    });
  });
});
