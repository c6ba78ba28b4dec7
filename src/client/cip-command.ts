import { Command, InvalidArgumentError, Option } from 'commander';
import { APPROVAL_RULES, type ApprovalRule } from '../gate/approval-rule.ts';
import { booleanFlag, parseBoolean } from './boolean-flags.ts';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import { failureOption, type FailureReaction } from './failure-option.ts';
import {
  addDiffFlags,
  addScanFlags,
  addSignatureFlags,
  addSnapshotFlags,
  givenOptions,
  refuseGoneModes,
  signatureLine,
  type GivenOptions,
  type KpromoOptions,
} from './kpromo-flags.ts';
import { addManifestPlaces, chooseInput, type ManifestFlags } from './manifest-flags.ts';
import type { CommandOutput } from './output.ts';
import { replicateCommand } from './replicate-command.ts';
import { retirementNotes } from './retired-flags.ts';

export interface CipOptions extends ServerOptions, KpromoOptions, ManifestFlags {
  readonly confirm?: boolean;
  /** `online`: read the registries as well, as kpromo does. */
  readonly parseOnly?: boolean | 'online';
  readonly strict?: boolean;
  readonly sign?: boolean;
  readonly signExisting?: boolean;
  readonly provenance?: 'off' | 'warn' | 'require';
  readonly allowedBuilders?: readonly string[];
  readonly allowedSourceRepos?: readonly string[];
  readonly requireSignatures?: boolean;
  /** Severity from which known vulnerabilities keep an image back. */
  readonly blockVulnerabilities?: number;
  readonly onFailure?: FailureReaction;
  readonly approval?: ApprovalRule;
  /** Why a freeze does not count. */
  readonly overrideFreeze?: string;
  readonly ui?: boolean;
  readonly given: GivenOptions;
}

const HELP = `
Without --confirm nothing is written: the plan is printed as a table.

The same command given again while its run is under way, or after it was killed, goes on with that run. While another
promotion to the same destinations is running it ends with exit code 5.

Exit codes:
  0  done                                   3  finished, but edges were quarantined
  1  failed                                 4  held, or it waits for an approval
  2  wrong usage, or wrong manifests        5  another promotion is running

Examples:
  $ promoter cip --thin-manifest-dir registry.k8s.io
  $ promoter cip --thin-manifest-dir registry.k8s.io --confirm
  $ promoter cip --manifest manifest.yaml --parse-only --json
  $ TEMPORAL_ADDRESS=temporal:7233 promoter cip --thin-manifest-dir registry.k8s.io --confirm
`;

/** The command that promotes: kpromo's `cip` with its flags. */
export function cipCommand(output: CommandOutput): Command {
  const command = new Command('cip')
    .description('promote images: make the destinations match the manifests')
    .optionsGroup('What is promoted:');
  addManifestFlags(command);
  command.optionsGroup('How it is done:');
  booleanFlag(command, 'confirm', 'write; without it, only the plan is made');
  command.addOption(
    new Option('--parse-only [mode]', "only parse the manifests, offline; '=online' makes the plan as well")
      .preset('true')
      .argParser(parseOnlyMode),
  );
  booleanFlag(command, 'strict', 'promote nothing if there is any edge that cannot be promoted');
  booleanFlag(command, 'sign', 'sign what is promoted', true);
  booleanFlag(command, 'sign-existing', 'sign what was promoted before and is not known to be signed, too');
  command
    .addOption(
      new Option('--provenance <policy>', 'what build provenance staging images need where manifests do not say')
        .choices(['off', 'warn', 'require'])
        .default('warn'),
    )
    .option('--allowed-builders <ids>', 'builders that provenance may name there, separated by commas', listOf)
    .option('--allowed-source-repos <repositories>', 'repositories that it may name as the source', listOf)
    .option(
      '--block-vulnerabilities <0-5>',
      'keep back images with vulnerabilities of this severity or above',
      severity,
    );
  booleanFlag(command, 'require-signatures', 'keep back staging images that are not signed');
  command.addOption(failureOption());
  command
    .addOption(
      new Option(
        '--approval <rule>',
        "who has to let the run promote: nobody, somebody who says so ('required'), or somebody who proves it; the workers may want more",
      ).choices(APPROVAL_RULES),
    )
    .option('--override-freeze <reason>', 'promote in spite of a freeze in the calendar; the reason goes on record');
  booleanFlag(command, 'ui', 'start the UI with the server that is started here');
  addSignatureFlags(command);
  addSnapshotFlags(command);
  addScanFlags(command);
  return addServerOptions(command)
    .addCommand(replicateCommand(command, output))
    .addHelpText('after', HELP)
    .action(async (parsed: Omit<CipOptions, 'given'>) => {
      const options: CipOptions = { ...parsed, given: givenOptions(command) };
      const notes = retirementNotes(options.given).map((note) => `warning: ${note}`);
      for (const line of [signatureLine(options), ...notes]) output.stderr.write(`${line}\n`);
      refuseGoneModes(options);
      await runMode(options, output);
    });
}

/** Declares the flags that say which manifests are meant, and which part of them. */
export function addManifestFlags(command: Command): Command {
  return addDiffFlags(addManifestPlaces(command));
}

/** kpromo's order of precedence: a snapshot, else a promotion. */
async function runMode(options: CipOptions, output: CommandOutput): Promise<void> {
  if ((options.snapshot ?? '') !== '' || (options.manifestBasedSnapshotOf ?? '') !== '') {
    const { runSnapshot } = await import('./snapshot.ts');
    return runSnapshot(options, output);
  }
  const input = await chooseInput(options);
  const { runCip } = await import('./cip.ts');
  await runCip(input, options, output);
}

function listOf(text: string): readonly string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.includes('')) throw new InvalidArgumentError('It takes names, separated by commas.');
  return items;
}

function severity(text: string): number {
  if (!/^[0-5]$/.test(text)) throw new InvalidArgumentError('It takes a number from 0 (off) to 5 (critical).');
  return Number(text);
}

function parseOnlyMode(text: string): boolean | 'online' {
  const value = text === 'online' ? 'online' : parseBoolean(text);
  if (value === undefined) throw new InvalidArgumentError("It takes true, false or 'online'.");
  return value;
}
