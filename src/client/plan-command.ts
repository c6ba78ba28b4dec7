import { Command, Option } from 'commander';
import { booleanFlag } from './boolean-flags.ts';
import { addManifestFlags, type CipOptions } from './cip-command.ts';
import { addServerOptions } from './common-options.ts';
import { addSignatureFlags, givenOptions, SCANNERS, type KpromoOptions } from './kpromo-flags.ts';
import { chooseInput } from './manifest-flags.ts';
import type { CommandOutput } from './output.ts';

/** What `plan` takes: the same as a promotion, but for what writes. */
export type PlanOptions = Omit<CipOptions, 'scanner' | 'unscanned' | 'output' | 'vulnSeverityThreshold'> & {
  readonly markdown?: boolean;
  readonly scanner?: KpromoOptions['scanner'];
};

const HELP = `
Registries are read and nothing is written. Exit code 3 says that some edges cannot be promoted; they are named.

Examples:
  $ promoter plan --thin-manifest-dir registry.k8s.io --use-prow-manifest-diff --markdown
  $ promoter plan --thin-manifest-dir registry.k8s.io --manifest-diff-since '1 day' --json --scanner trivy
`;

/** The command that reviews a promotion before it is made. */
export function planCommand(output: CommandOutput): Command {
  const command = new Command('plan').description('review what a promotion would do, image by image');
  addManifestFlags(command.optionsGroup('What is promoted:'));
  command.optionsGroup('What is looked at:');
  command.addOption(
    new Option('--scanner <name>', 'ask for vulnerabilities, too; nobody is asked unless given').choices(SCANNERS),
  );
  addSignatureFlags(command);
  addServerOptions(command);
  booleanFlag(command, 'markdown', 'print a review for people, to be posted on a pull request');
  return command.addHelpText('after', HELP).action(async (parsed: Omit<PlanOptions, 'given'>) => {
    const options: PlanOptions = { ...parsed, confirm: false, given: givenOptions(command) };
    const { runPlan } = await import('./plan.ts');
    await runPlan(await chooseInput(options), options, output);
  });
}
