import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecording, renderComparison } from '../conformance/comparison.ts';
import { peerCommand } from '../conformance/peer.ts';
import { runScript } from '../support/script.ts';

const PAGE = '# Page\n\n<!-- side by side: how -->\n\nnothing\n\n<!-- end of side by side -->\n\nThe rest.\n';

describe('the conformance suite with a peer', () => {
  it('groups what was recorded by cases', () => {
    const lines = [
      { args: ['before'], exit: 0, stdout: '', stderr: '' },
      { begins: 'E1: a' },
      { args: ['cip'], exit: 1, stdout: '', stderr: 'wrong\n' },
      { args: ['cip'], exit: 0, stdout: 'right\n', stderr: '' },
      { ends: 'passed' },
      { begins: 'b' },
      { ends: 'failed' },
    ].map((line) => `${JSON.stringify(line)}\n`);
    const cases = readRecording(lines.join(''));
    assert.deepEqual(
      cases.map(({ title, commands, passed }) => [title, commands.map(({ exit }) => exit), passed]),
      [
        ['E1: a', [1, 0], true],
        ['b', [], false],
      ],
    );
  });

  it('shows rows of the catalogue only, and nothing that differs from run to run', () => {
    const said = 'at 127.0.0.1:4711/prod | /tmp/x-1/manifest.yaml: sha256:0123456789abcdef took 12ms';
    const one = { title: 'E7: x', commands: [{ exit: 2, stdout: '', stderr: `first\n${said}\n` }], passed: true };
    const table = renderComparison([one, { ...one, title: 'no row' }], [{ ...one, commands: [], passed: false }]);
    assert.deepEqual(table.split('\n').slice(2), [
      String.raw`| E7: x | exit 2; at registry/prod \| …: sha256:… took … | no command; expectation not met | ≠ |`,
    ]);
  });

  it('gives a peer its own variables, and none of the flags that it never had', () => {
    const environment = { CONFORMANCE_PEER: '/bin/kpromo', TUF_ROOT: '/tuf', HOME: '/home', GITHUB_TOKEN: 'secret' };
    const args = ['cip', '--manifest', 'm.yaml', '--json', '--on-failure=fail', '--confirm', '--strict'];
    assert.deepEqual(peerCommand(args, environment), {
      program: '/bin/kpromo',
      args: ['cip', '--manifest', 'm.yaml', '--confirm'],
      env: { TUF_ROOT: '/tuf' },
    });
    assert.equal(peerCommand(args, {}), undefined);
  });

  it('writes both outcomes to the page, here with a stand-in for kpromo', async function () {
    this.timeout(60_000);
    const folder = await mkdtemp(join(tmpdir(), 'conformance-peer-'));
    try {
      const [peer, page] = [join(folder, 'peer'), join(folder, 'page.md')];
      // Not kpromo: it says what kpromo says to E1, and only shows that what a peer does is recorded.
      const fatal = 'level=fatal msg="at least a manifest file or thin manifest directory have to be specified"';
      await writeFile(peer, `#!/bin/sh\necho '${fatal}' >&2\nexit 1\n`);
      await chmod(peer, 0o755);
      await writeFile(page, PAGE);
      const { exit, stdout } = await runScript('tools/conformance.ts', [
        '--peer',
        peer,
        '--page',
        page,
        '-g',
        'E1:',
        'test/conformance/flags.test.ts',
      ]).ended;
      assert.equal(exit, 0, stdout);
      const written = await readFile(page, 'utf8');
      const row = written.split('\n').find((line) => line.includes('E1:'));
      assert.match(
        row ?? written,
        /\| exit 2; at least a manifest file .*\| exit 1; level=fatal .*expectation not met *\| ≠/,
      );
      assert.match(written, /^# Page\n[^]*The rest\.\n$/);
      assert.doesNotMatch(written, /nothing/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
