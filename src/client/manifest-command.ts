import { Command } from 'commander';
import type { CommandOutput } from './output.ts';

export interface ValidateOptions {
  readonly lenient: boolean;
  readonly json: boolean;
}

/** The commands that work on manifests alone, without any registry. */
export function manifestCommand(output: CommandOutput): Command {
  const command = new Command('manifest').description('work on promotion manifests, offline');
  command
    .command('validate')
    .description('check promotion manifests: a plain file, a thin directory, or a directory that holds some')
    .argument('<paths...>', 'files and directories')
    .option('--lenient', 'warn only of what kpromo does not check in thin manifests', false)
    .option('--json', 'print one JSON document', false)
    .action(async (paths: string[], options: ValidateOptions) => {
      const { runValidate } = await import('./manifest-validate.ts');
      await runValidate(paths, options, output);
    });
  return command;
}
