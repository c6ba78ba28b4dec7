import assert from 'node:assert/strict';
import type { Command } from 'commander';
import { createProgram } from '../../src/client/program.ts';
import { captureOutput } from './captured-output.ts';

interface Helped {
  readonly path: string;
  readonly help: string;
}

/** Every command that does something, with its help. */
function helps(command: Command, path: readonly string[] = []): readonly Helped[] {
  const children = command.commands.flatMap((child) => helps(child, [...path, child.name()]));
  if (path.length === 0 || (children.length > 0 && path[0] !== 'cip')) return children;
  const { captured, output } = captureOutput();
  command.configureOutput({ writeOut: (text) => void output.stdout.write(text) });
  command.outputHelp();
  return [{ path: path.join(' '), help: captured.stdout }, ...children];
}

/** What is wrong with a line such as `promoter status --json`. */
function problemsOf(program: Command, line: string): readonly string[] {
  const words: readonly string[] = line.match(/'[^']*'|\S+/g) ?? [];
  let command = program;
  for (const word of words.slice(words.indexOf('promoter') + 1)) {
    if (word === '|' || word === '>' || word === '#') break;
    const flag = /^--[a-z-]+/.exec(word)?.[0];
    if (flag !== undefined && command.options.every(({ long }) => long !== flag)) return [`${line}: no ${flag}`];
    command = command.commands.find((child) => child.name() === word) ?? command;
  }
  return command === program ? [`${line}: no such command`] : [];
}

describe('the help of every command', () => {
  const program = createProgram(captureOutput().output);

  it('has examples, and says how it exits', () => {
    const all = helps(program);
    assert.ok(all.length > 25);
    const lacking = (pattern: RegExp): readonly string[] =>
      all.filter(({ help }) => !pattern.test(help)).map(({ path }) => path);
    assert.deepEqual(lacking(/^Examples?:$/m), []);
    assert.deepEqual(lacking(/exit codes?\b/i), []);
  });

  it('has examples that are right', () => {
    const lines = helps(program).flatMap(({ help }) => help.match(/^ {2}\$ .*\bpromoter .*$/gm) ?? []);
    assert.ok(lines.length > 40);
    assert.deepEqual(
      lines.flatMap((line) => problemsOf(program, line)),
      [],
    );
  });
});
