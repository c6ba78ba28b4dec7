import { Command } from 'commander';
import { PromoterError } from '../errors.ts';
import type { FileInput } from '../manifest/file-bundle-reader.ts';
import { booleanFlag } from './boolean-flags.ts';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import { failureOption, type FailureReaction } from './failure-option.ts';
import type { CommandOutput } from './output.ts';

/** What `promoter files` is given. */
export interface FilesOptions extends ServerOptions {
  readonly manifests?: string;
  readonly filestores?: string;
  readonly files?: string;
  readonly confirm?: boolean;
  readonly dryRun?: boolean;
  readonly useServiceAccount?: boolean;
  readonly overwrite?: boolean;
  readonly skipMissing?: boolean;
  readonly onFailure?: FailureReaction;
}

const HELP = `
Without --confirm nothing is written: what would be copied is printed. A file is compared with its sha256 before anybody
can see it, and a different file that is there already is never replaced unless --overwrite says so.

The same command given again goes on with its run if that is under way, and copies only what is missing otherwise.

Exit codes:
  0  done                                   3  finished, but files were kept back
  1  failed                                 4  held for a decision: promoter retry ID, promoter abort ID
  2  wrong usage, or wrong manifests        5  another promotion to the same filestores is running

Examples:
  $ promoter files --manifests artifacts
  $ promoter files --manifests artifacts --confirm
  $ promoter files --filestores filepromoter-manifest.yaml --files v1.0.yaml --confirm
`;

/** The command that promotes files: kpromo's `run files` with its flags. */
export function filesCommand(output: CommandOutput): Command {
  const command = new Command('files')
    .description('promote files between buckets: gs://, s3:// and file://')
    .optionsGroup('What is promoted:')
    .option('--manifests <folder>', "file manifests of any number of projects, in 'filestores/' and 'manifests/'")
    .option('--filestores <file>', 'the filestores of one project')
    .option('--files <path>', 'the files of that project: a file, or a folder of them')
    .optionsGroup('How it is done:');
  booleanFlag(command, 'confirm', 'write; without it, it is only said what would be copied');
  command.addOption(command.createOption('--dry-run', 'write nothing, which is what happens without --confirm'));
  command.addOption(command.createOption('--no-dry-run').hideHelp());
  booleanFlag(command, 'use-service-account', 'write to gs:// as the service accounts that the manifests name');
  booleanFlag(command, 'overwrite', 'replace files at a destination that have another content');
  booleanFlag(command, 'skip-missing', 'take no notice of files that the source does not have');
  command.addOption(failureOption("'fail' the run; it keeps back the files of a bucket that fails"));
  return addServerOptions(command)
    .addHelpText('after', HELP)
    .action(async (options: FilesOptions) => {
      const input = chooseFiles(options);
      const { runFiles } = await import('./files.ts');
      await runFiles(input, { ...options, confirm: isConfirmed(options) }, output);
    });
}

/** kpromo's name for it: `run files`. */
export function runCommand(output: CommandOutput): Command {
  return new Command('run')
    .description("promote files: 'run files' is kpromo's name for 'files'")
    .addCommand(filesCommand(output));
}

/** Which manifests are meant. @throws PromoterError `UsageInvalid` with kpromo's messages unless it is said once */
export function chooseFiles({ manifests = '', filestores = '', files = '' }: FilesOptions): FileInput {
  if (manifests !== '' && filestores === '' && files === '') return { kind: 'directory', directory: manifests };
  if (manifests !== '' || (filestores === '' && files === '')) {
    throw usage('either --manifests or both --filestores and --files must be specified');
  }
  if (filestores === '') throw usage('--filestores is required when not using --manifests');
  if (files === '') throw usage('--files is required when not using --manifests');
  return { kind: 'pair', filestores, files: [files] };
}

/** `--dry-run=false` is what kpromo's first versions had for `--confirm`. */
function isConfirmed({ confirm = false, dryRun }: FilesOptions): boolean {
  if (confirm && dryRun === true) throw usage('--confirm and --dry-run exclude each other; give one of them');
  return confirm || dryRun === false;
}

function usage(message: string): PromoterError {
  return new PromoterError('UsageInvalid', message);
}
