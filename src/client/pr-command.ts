import { Command } from 'commander';
import { booleanFlag } from './boolean-flags.ts';
import { addConfigOption } from './common-options.ts';
import type { CommandOutput } from './output.ts';

export interface PrOptions {
  readonly project: string;
  readonly stagingRepo?: string;
  readonly tag: readonly string[];
  readonly fork: string;
  readonly reviewers: string;
  readonly image: readonly string[];
  readonly digests: readonly string[];
  readonly interactive?: boolean;
  readonly repository: string;
  readonly directory: string;
  readonly config?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const HELP = `
The images of the staging registry that have the tags are added to images.yaml, which keeps its order and its comments.
Everything goes through the GitHub API with GITHUB_TOKEN (GITHUB_API_URL for GitHub Enterprise); nothing is cloned.

Examples:
  $ promoter pr --project etcd --tag v3.6.1 --fork somebody --dry-run
  $ promoter pr --project etcd --tag v3.6.1,v3.5.9 --fork somebody --image etcd
`;

/** The command that asks for a promotion by a pull request: kpromo's `pr` with its flags. */
export function prCommand(output: CommandOutput): Command {
  const command = new Command('pr')
    .description('open a pull request that adds staging images to the manifests')
    .option('--project <name>', 'whose staging registry it is: gcr.io/k8s-staging-<name>', 'kubernetes')
    .option('--staging-repo <registry>', 'the staging registry, where it is called otherwise')
    .requiredOption('-t, --tag <tags>', 'tags to promote; more of them by commas, or by giving it again', collect)
    .requiredOption('--fork <org[/repo]>', 'the fork that the change is pushed to')
    .option('--image <names>', 'only these images', collect, [])
    .option('--digests <digests>', 'only these digests', collect, [])
    .option('--reviewers <names>', 'who is told', '@kubernetes/release-engineering')
    .option('--repository <org/repo>', 'where the manifests are', 'kubernetes/k8s.io')
    .option('--directory <path>', 'the folder of thin manifests in it', 'registry.k8s.io');
  booleanFlag(command, 'dry-run', 'print the patch and change nothing');
  command.option('-i, --interactive', 'ask before the change is pushed and before the pull request is opened');
  addConfigOption(command);
  booleanFlag(command, 'json', 'print the result as one JSON document');
  for (const name of ['use-ssh', 'update-repo'])
    booleanFlag(command, name, '(without effect: nothing is cloned)', true);
  return command.addHelpText('after', HELP).action(async (options: PrOptions) => {
    const { runPr } = await import('./pr.ts');
    await runPr(options, process.env, output);
  });
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',').filter((part) => part !== '')];
}
