import assert from 'node:assert/strict';
import { complete } from '../../src/client/completion.ts';
import { createProgram, runProgram } from '../../src/client/program.ts';
import { captureOutput } from './captured-output.ts';

function words(...typed: readonly string[]): readonly string[] {
  return complete(createProgram(captureOutput().output), typed).candidates.map(({ word }) => word);
}

function files(...typed: readonly string[]): boolean {
  return complete(createProgram(captureOutput().output), typed).files;
}

describe('completion', () => {
  it('knows commands, and those below them', () => {
    assert.deepEqual(words('ci'), ['cip']);
    assert.ok(words('').length > 15);
    assert.deepEqual(words('manifest', 'v'), ['validate']);
    assert.deepEqual(words('completion', ''), ['bash', 'zsh', 'fish']);
  });

  it('knows the flags of a command, not those that are hidden', () => {
    assert.deepEqual(words('cip', '--thin'), ['--thin-manifest-dir']);
    assert.ok(words('cip', '--confirm', '--').includes('--help'));
    assert.ok(!words('cip', '--no-').includes('--no-confirm'));
  });

  it('knows the values of a flag, behind it and behind its sign', () => {
    assert.deepEqual(words('cip', '--provenance', ''), ['off', 'warn', 'require']);
    assert.deepEqual(words('cip', '--provenance', 'w'), ['warn']);
    assert.deepEqual(words('cip', '--provenance=r'), ['--provenance=require']);
    assert.deepEqual(words('cip', '--provenance', 'warn', '--on-f'), ['--on-failure']);
  });

  it('knows where a file can stand', () => {
    assert.equal(files('cip', '--manifest', 'a'), true);
    assert.equal(files('cip', '--thin-manifest-dir='), true);
    assert.equal(files('cip', '--namespace', ''), false);
    assert.equal(files('status', ''), false);
    assert.equal(files('manifest', 'validate', ''), true);
  });

  it('has nothing where it knows nothing', () => {
    assert.deepEqual(words('cip', '--unknown=x'), []);
    assert.deepEqual(words('nonsense', 'x'), []);
  });

  it('refuses to teach a shell it does not know', async () => {
    const { captured, output } = captureOutput();
    await runProgram(createProgram(output), ['completion', 'tcsh'], output);
    assert.equal(captured.exitCode, 2);
    assert.match(captured.stderr, /which shell\? promoter completion bash\|zsh\|fish/);
  });
});
