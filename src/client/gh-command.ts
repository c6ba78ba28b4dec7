import { Command } from 'commander';
import { booleanFlag } from './boolean-flags.ts';
import type { CommandOutput } from './output.ts';

export interface GhOptions {
  readonly org?: string;
  readonly repo?: string;
  readonly bucket?: string;
  readonly config?: string;
  readonly tags: readonly string[];
  readonly includePrereleases?: boolean;
  readonly releaseDir?: string;
  readonly outputDir?: string;
  readonly downloadOnly?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const HELP = `
Files go to <bucket>/<folder>/<tag>/. A file that is there already and is the same is left alone; one that is another is
never replaced. GITHUB_TOKEN is used where it is set (GITHUB_API_URL for GitHub Enterprise).

Exit codes:  0 done   1 failed   2 wrong usage   3 finished, but a file of the bucket is another one

Examples:
  $ promoter gh --org kubernetes-sigs --repo cri-tools --bucket gs://example-releases --tags v1.32.0
  $ promoter gh --config releases.yaml --dry-run
`;

/** The command that copies the files of releases on GitHub to a bucket: kpromo's `gh` with its flags. */
export function ghCommand(output: CommandOutput): Command {
  const command = new Command('gh')
    .description('copy the files of releases on GitHub to a bucket')
    .option('--org <name>', 'who owns the repository')
    .option('--repo <name>', 'the repository')
    .option('--bucket <bucket>', 'the bucket: a name in Cloud Storage, or gs://, s3:// or file:///…')
    .option('--config <file>', 'a YAML file that says all of this of several repositories, instead of these flags')
    .option('--tags <tags>', 'only these releases; without any, all of them', collect, []);
  booleanFlag(command, 'include-prereleases', 'pre-releases, too, where no tags are named');
  command
    .option('--release-dir <folder>', 'folder of the bucket; <org>/<repo> unless given')
    .option('--output-dir <folder>', 'keep what is downloaded here');
  booleanFlag(command, 'download-only', 'download to --output-dir, and copy nothing');
  booleanFlag(command, 'dry-run', 'say what would be copied, and read no file');
  booleanFlag(command, 'json', 'print the result as one JSON document');
  return command.addHelpText('after', HELP).action(async (options: GhOptions) => {
    const { runGh } = await import('./gh.ts');
    await runGh(options, process.env, output);
  });
}

function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, ...text.split(',').filter((part) => part !== '')];
}
