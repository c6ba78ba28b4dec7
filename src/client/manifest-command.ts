import { Command } from 'commander';
import type { CommandOutput } from './output.ts';

export interface ValidateOptions {
  readonly lenient: boolean;
  readonly json: boolean;
}

/** What `manifest files` is given. */
export interface ListingOptions {
  readonly src: string;
  readonly prefix: string;
}

/** The commands that work on manifests alone, without any registry. */
export function manifestCommand(output: CommandOutput): Command {
  const command = new Command('manifest').description('work on promotion manifests, offline');
  const validate = command
    .command('validate')
    .description(
      'check promotion manifests of images and files: a plain file, a thin directory, a directory of file manifests, ' +
        'one that holds some of them, or a file of filestores followed by what lists the files',
    )
    .argument('[paths...]', 'files and directories')
    .option('--lenient', 'warn only of what kpromo does not check in thin manifests', false)
    .option('--json', 'print one JSON document', false)
    .action(async (paths: string[], options: ValidateOptions) => {
      if (paths.length === 0) return validate.outputHelp();
      const { runValidate } = await import('./manifest-validate.ts');
      return runValidate(paths, options, output);
    });
  command
    .command('files')
    .description('list the files of a folder with their sha256, as a file manifest')
    .requiredOption('--src <folder>', 'the folder; names are relative to it')
    .option('--prefix <text>', 'only files whose path below the folder begins so', '')
    .action(async (options: ListingOptions) => {
      const { listFiles } = await import('./manifest-files.ts');
      await listFiles(options, output);
    });
  return command;
}
