import { Command, Option } from 'commander';
import { booleanFlag } from './boolean-flags.ts';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import { addManifestPlaces, type ManifestFlags } from './manifest-flags.ts';
import { numberOption } from './number-option.ts';
import type { CommandOutput } from './output.ts';

export interface ReplicateOptions extends ServerOptions, ManifestFlags {
  readonly confirm?: boolean;
  readonly sign?: boolean;
  readonly full?: boolean;
  readonly replication: 'on' | 'off';
  readonly auditInterval: string;
  readonly readBackInterval: string;
  readonly maxSignatureCopies: number;
}

const HELP = `
Mirrors are made equal to the canonical repository, where signatures are made first. What earlier runs have found equal
is asked for again only when its source changes, and at least once in the audit interval; what is attached is read back,
a share of it once a day, all of it in the read-back interval.

Exit codes:  0 done   1 failed   2 wrong usage   3 finished, but not every mirror has everything
`;

/** The command that replicates signatures once; below `cip`, whose flags it takes too. */
export function replicateCommand(cip: Command, output: CommandOutput): Command {
  const command = new Command('replicate-signatures').description(
    'copy the signatures and attestations of promoted images to all mirrors',
  );
  addReplicationOptions(command);
  booleanFlag(command, 'confirm', 'write; without it, it is only said what is missing');
  booleanFlag(command, 'full', 'compare everything now, whatever earlier runs have found');
  booleanFlag(command, 'sign', 'false: signatures are not used, and nothing is done', true);
  addServerOptions(command);
  inheritFlags(command, cip);
  return command.addHelpText('after', HELP).action(async () => {
    const { runReplicate } = await import('./replicate.ts');
    await runReplicate(mergedOptions(command, cip) as unknown as ReplicateOptions, output);
  });
}

/** Declares what decides what is replicated, and how. */
export function addReplicationOptions(command: Command): Command {
  return addManifestPlaces(command)
    .addOption(
      new Option('--replication <mode>', "what counts for manifests that do not say; 'off': served from one registry")
        .choices(['on', 'off'])
        .default('on'),
    )
    .option('--audit-interval <duration>', 'compare every mirror at least this often', '24 hours')
    .option('--read-back-interval <duration>', 'read back all content of every mirror about this often', '30 days')
    .addOption(
      numberOption('--max-signature-copies <count>', 'signatures of a repository copied at once', { from: 1 }).default(
        50,
      ),
    );
}

/** kpromo's flags of `cip` are persistent: each is accepted here too, though it may mean nothing here. */
function inheritFlags(command: Command, cip: Command): void {
  const own = new Set(command.options.map(({ long }) => long));
  for (const option of cip.options) {
    if (own.has(option.long)) continue;
    const copy = Object.assign(Object.create(Object.getPrototypeOf(option)), option) as Option;
    command.addOption(copy.hideHelp());
  }
}

/** What was given after the command's name, or else before it. */
function mergedOptions(command: Command, cip: Command): Record<string, unknown> {
  const before = Object.entries(cip.opts()).filter(
    ([name]) => cip.getOptionValueSource(name) === 'cli' && command.getOptionValueSource(name) !== 'cli',
  );
  return { ...command.opts(), ...Object.fromEntries(before) };
}
