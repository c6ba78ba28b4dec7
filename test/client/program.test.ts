import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createProgram, runProgram } from '../../src/client/program.ts';
import { captureOutput, type Captured } from './captured-output.ts';

const FIXTURES = join(import.meta.dirname, '..', 'manifest', 'fixtures');

async function promoter(...args: readonly string[]): Promise<Captured> {
  const { captured, output } = captureOutput();
  await runProgram(createProgram(output), args, output);
  return captured;
}

describe('promoter', () => {
  it('prints its version', async () => {
    const { stdout, exitCode } = await promoter('--version');
    assert.match(stdout, /^\d+\.\d+\.\d+/);
    assert.equal(exitCode, 0);
  });

  it('prints its version under the names of kpromo, for people and programs', async () => {
    const text = await promoter('version');
    assert.match(text.stdout, /^GitVersion: +v\d+\.\d+\.\d+\nNodeVersion: +v\d/);
    const json = await promoter('version', '--json');
    const { gitVersion, platform } = JSON.parse(json.stdout) as Record<string, string>;
    assert.match(gitVersion ?? '', /^v\d+\.\d+\.\d+/);
    assert.equal(platform, `${process.platform}/${process.arch}`);
  });

  it('explains every command', async () => {
    const { stdout } = await promoter('--help');
    const commands = createProgram(captureOutput().output).commands.map((command) => command.name());
    for (const command of commands) {
      assert.match(stdout, new RegExp(`^ {2}${command} `, 'm'));
      const help = await promoter('help', command);
      assert.match(help.stdout, new RegExp(`^Usage: promoter ${command} `));
      assert.equal(help.exitCode, 0);
    }
  });

  for (const args of [['unknown'], ['cip', '--unknown'], ['status', '--limit'], ['list', '--limit', '0'], ['retry']]) {
    it(`exits 2 for wrong usage: ${args.join(' ')}`, async () => {
      const { stdout, stderr, exitCode } = await promoter(...args);
      assert.equal(exitCode, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /^error: /);
    });
  }

  describe('cip', () => {
    it('needs manifests', async () => {
      const { stdout, stderr, exitCode } = await promoter('cip', '--confirm');
      assert.match(stderr, /^at least a manifest file or thin manifest directory have to be specified$/m);
      assert.deepEqual([stdout, exitCode], ['', 2]);
    });

    it('takes only one kind of them', async () => {
      const { stderr, exitCode } = await promoter('cip', '--manifest', 'a', '--thin-manifest-dir', 'b');
      assert.match(stderr, /^--manifest and --thin-manifest-dir exclude each other/m);
      assert.equal(exitCode, 2);
    });

    it('says everything that is wrong with manifests and starts nothing', async () => {
      const { stderr, exitCode } = await promoter('cip', '--manifest', join(FIXTURES, 'nowhere.yaml'), '--confirm');
      assert.match(stderr, /nowhere\.yaml: cannot be read: /);
      assert.equal(exitCode, 2);
    });

    it('parses offline and counts', async () => {
      const { stdout, exitCode } = await promoter('cip', '--thin-manifest-dir', join(FIXTURES, 'thin'), '--parse-only');
      assert.match(stdout, /^\d+ files, 3 images, 6 digests, \d+ edges to \d+ registries\n$/);
      assert.equal(exitCode, 0);
    });

    it('does so in JSON', async () => {
      const thin = join(FIXTURES, 'thin');
      const { stdout } = await promoter('cip', '--thin-manifest-dir', thin, '--parse-only=true', '--json');
      const { outcome, exitCode, images, digests } = JSON.parse(stdout) as Record<string, unknown>;
      assert.deepEqual(
        { outcome, exitCode, images, digests },
        { outcome: 'parsed', exitCode: 0, images: 3, digests: 6 },
      );
    });

    it('reports errors in JSON, where JSON was asked for', async () => {
      const { stdout, stderr, exitCode } = await promoter('cip', '--json');
      const message = 'at least a manifest file or thin manifest directory have to be specified';
      assert.deepEqual(JSON.parse(stdout), {
        outcome: 'error',
        exitCode: 2,
        failure: { code: 'UsageInvalid', message },
      });
      assert.ok(stderr.includes(message));
      assert.equal(exitCode, 2);
    });
  });
});
