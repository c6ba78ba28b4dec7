import assert from 'node:assert/strict';
import { Command } from 'commander';
import fc from 'fast-check';
import { booleanFlag, expandBooleanFlags } from '../../src/client/boolean-flags.ts';

function program(): Command {
  const child = new Command('child').argument('[id]').option('--manifest <file>');
  booleanFlag(child, 'sign', 'sign', true);
  booleanFlag(child, 'json', 'print JSON');
  return new Command('program').addCommand(child);
}

function parse(...args: readonly string[]): { options: Record<string, unknown>; args: string[] } {
  const parent = program();
  const [child] = parent.commands;
  assert.ok(child);
  child.action(() => undefined);
  parent.parse(expandBooleanFlags(parent, ['child', ...args]), { from: 'user' });
  return { options: child.opts(), args: child.args };
}

describe('boolean flags', () => {
  it('are what they are declared to be unless they are given', () => {
    assert.equal(parse().options['sign'], true);
    assert.equal(parse().options['json'], undefined);
  });

  it('take every spelling that Go takes', () => {
    for (const text of ['1', 't', 'T', 'true', 'TRUE', 'True'])
      assert.equal(parse(`--json=${text}`).options['json'], true);
    for (const text of ['0', 'f', 'F', 'false', 'FALSE', 'False']) {
      assert.equal(parse(`--sign=${text}`).options['sign'], false);
    }
  });

  it('leave the next argument alone', () => {
    const { options, args } = parse('--json', 'true');
    assert.equal(options['json'], true);
    assert.deepEqual(args, ['true']);
  });

  it('let the last one win', () => {
    assert.equal(parse('--sign=false', '--sign').options['sign'], true);
    assert.equal(parse('--sign', '--no-sign').options['sign'], false);
  });

  it('refuse other values', () => {
    assert.throws(() => parse('--sign=maybe'), {
      code: 'UsageInvalid',
      message: "--sign takes true or false, not 'maybe'",
    });
    assert.throws(() => parse('--sign='), { code: 'UsageInvalid' });
  });

  it('change nothing about other options and about what follows --', () => {
    assert.equal(parse('--manifest=true').options['manifest'], 'true');
    assert.deepEqual(expandBooleanFlags(program(), ['child', '--', '--sign=false']), ['child', '--', '--sign=false']);
  });

  it('change nothing about arguments that are no flags', () => {
    fc.assert(
      fc.property(fc.array(fc.string().filter((text) => !text.startsWith('--'))), (args) => {
        assert.deepEqual(expandBooleanFlags(program(), args), args);
      }),
    );
  });
});
