import assert from 'node:assert/strict';
import { promoterArguments, shownCommands, simpleCommands } from './shown-commands.ts';

describe('commands that a page shows', () => {
  it('are those of its shell blocks, with what comes of them', () => {
    const page = [
      'Text',
      '```sh',
      'one --flag  # because',
      '# a remark',
      'two \\',
      '  --more',
      '```',
      '```yaml',
      'not: this',
      '```',
      '```console',
      '$ three',
      'says',
      '  this',
      '$ four',
      '```',
      '',
    ].join('\n');
    assert.deepEqual(
      shownCommands('a.md', page).map(({ line, text, output }) => [line, text, output]),
      [
        [3, 'one --flag', []],
        [5, 'two --more', []],
        [12, 'three', ['says', '  this']],
        [15, 'four', []],
      ],
    );
  });

  it('are taken into words as a shell does', () => {
    assert.deepEqual(simpleCommands(`A=1 promoter why 'a b' "c"d --x='y z' > file && next`), [
      ['A=1', 'promoter', 'why', 'a b', 'cd', '--x=y z'],
      ['file'],
      ['next'],
    ]);
  });

  it('are known as ours, whichever way they are called', () => {
    for (const line of ['A=1 promoter list --json', 'npm run -s promoter -- list --json']) {
      assert.deepEqual(promoterArguments(simpleCommands(line)[0]!), ['list', '--json']);
    }
    assert.equal(promoterArguments(['npm', 'run', 'promoter']), undefined);
  });
});
