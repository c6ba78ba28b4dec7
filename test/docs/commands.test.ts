import assert from 'node:assert/strict';
import { CommanderError } from 'commander';
import { expandBooleanFlags } from '../../src/client/boolean-flags.ts';
import { createProgram } from '../../src/client/program.ts';
import { captureOutput } from '../client/captured-output.ts';
import { FOLLOWED } from '../support/guides/followed.ts';
import { ELSEWHERE, isElsewhere } from './elsewhere.ts';
import { readPages, type Page } from './markdown.ts';
import { promoterArguments, simpleCommands } from './shown-commands.ts';

/** What prose leaves out when it only names a command. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'commander.missingArgument',
  'commander.missingMandatoryOptionValue',
  'commander.optionMissingArgument',
  'commander.help',
]);

describe('commands in the documentation', () => {
  let pages: readonly Page[];

  before(async () => {
    pages = await readPages();
  });

  it('are ones that the command line takes, with all their flags and arguments', async () => {
    const given = pages.flatMap(({ commands }) => commands);
    const wrong = await Promise.all(
      given.map(async ({ file, line, text }) =>
        (await problemsOf(text)).map((problem) => `${file}:${line}: ${problem}`),
      ),
    );
    assert.deepEqual(wrong.flat(), []);
    assert.ok(given.filter(({ text }) => /\bpromoter\b/.test(text)).length > 30);
  });

  it('are so where prose names them', async () => {
    const wrong = await Promise.all(
      pages.flatMap(({ file, spans }) =>
        spans.map(async (span) => (await problemsOf(span, LEFT_OUT)).map((problem) => `${file}: ${span}: ${problem}`)),
      ),
    );
    assert.deepEqual(wrong.flat(), []);
  });

  it('are run: by the guides, or as it is said of them', () => {
    const nobodys = pages.flatMap(({ file, commands }) =>
      file in FOLLOWED ? [] : commands.filter((command) => !isElsewhere(command)),
    );
    assert.deepEqual(
      nobodys.map(({ file, line, text }) => `${file}:${line}: ${text}`),
      [],
    );
    const all = pages.flatMap(({ commands }) => commands);
    const gone = ELSEWHERE.filter((one) => !all.some((command) => isElsewhere(command, [one])));
    assert.deepEqual(gone, []);
  });
});

/** What is wrong with what a line gives to `promoter`, as its own parser says. */
async function problemsOf(line: string, tolerated: ReadonlySet<string> = new Set()): Promise<readonly string[]> {
  // `[--json]` is how a flag that can be left out is named.
  const given = simpleCommands(line.replaceAll(/[[\]]/g, '')).map(
    (command) => promoterArguments(command)?.filter((word) => word !== '…') ?? [],
  );
  const problems = await Promise.all(given.filter((args) => args.length > 0).map((args) => problemOf(args, tolerated)));
  return problems.filter((problem) => problem !== undefined);
}

async function problemOf(args: readonly string[], tolerated: ReadonlySet<string>): Promise<string | undefined> {
  const { captured, output } = captureOutput();
  const understood = new Error('it would begin its work now');
  const program = createProgram(output).hook('preAction', () => {
    throw understood;
  });
  try {
    await program.parseAsync(expandBooleanFlags(program, args), { from: 'user' });
    return 'it does nothing';
  } catch (error) {
    if (error === understood) return undefined;
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 || tolerated.has(error.code) ? undefined : captured.stderr.trim();
  }
}
