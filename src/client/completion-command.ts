import { Argument, Command, Option } from 'commander';
import { PromoterError } from '../errors.ts';
import { complete } from './completion.ts';
import { COMPLETION_SCRIPTS, SHELLS } from './completion-scripts.ts';
import type { CommandOutput } from './output.ts';
import { cut } from './text-table.ts';

const LONGEST_MEANING = 70;

const HELP = `
Examples:
  $ source <(promoter completion bash)               # in ~/.bashrc
  $ source <(promoter completion zsh)                # in ~/.zshrc, below compinit
  $ promoter completion fish | source                # in ~/.config/fish/config.fish
`;

/** The command that teaches shells to complete the others; with `--words` it is what they ask. */
export function completionCommand(output: CommandOutput): Command {
  const command = new Command('completion');
  // Behind `--words` there may be anything, so that the choice of shells is checked below.
  const shell = new Argument('[shell]', 'the shell').choices(SHELLS).argParser((text) => text);
  return command
    .description('print what teaches a shell to complete commands, flags and values')
    .addArgument(shell)
    .addOption(new Option('--words', 'complete the words behind --').hideHelp())
    .allowExcessArguments()
    .addHelpText('after', HELP)
    .action((name: string | undefined, { words }: { readonly words?: boolean }) => {
      if (words === true) return answerShell(command.parent ?? command, command.args, output);
      const known = SHELLS.find((one) => one === name);
      if (known === undefined) {
        throw new PromoterError('UsageInvalid', `which shell? promoter completion ${SHELLS.join('|')}`);
      }
      output.stdout.write(COMPLETION_SCRIPTS[known]);
    });
}

/** A line for each candidate with its meaning, and `:files` where files can stand. */
function answerShell(program: Command, words: readonly string[], { stdout }: CommandOutput): void {
  const { candidates, files } = complete(program, words);
  const lines = candidates.map(({ word, meaning }) => `${word}\t${cut(meaning, LONGEST_MEANING)}\n`);
  stdout.write(`${lines.join('')}${files ? ':files\n' : ''}`);
}
