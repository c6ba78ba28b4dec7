import { Command, Option } from 'commander';
import { booleanFlag } from './boolean-flags.ts';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import { addCertificateFlags, givenOptions, type CertificateOptions, type GivenOptions } from './kpromo-flags.ts';
import { addManifestPlaces, type ManifestFlags } from './manifest-flags.ts';
import { numberOption } from './number-option.ts';
import type { CommandOutput } from './output.ts';

export interface SigcheckOptions extends ServerOptions, CertificateOptions, ManifestFlags {
  readonly confirm?: boolean;
  readonly limit: number;
  readonly fromDays?: string;
  readonly toDays?: string;
  readonly given: GivenOptions;
}

const HELP = `
A signature counts when it verifies and was made by the identity asked for. With --confirm mirrors are made equal to the
canonical repository, and everything is checked once more; what is signed nowhere has to be signed by a promotion.

Exit codes:  0 all is signed everywhere, or has been mended   1 failed   2 wrong usage   3 something is not as it should be
`;

/** The command that says of promoted images whether they are signed on every mirror: kpromo's `sigcheck`. */
export function sigcheckCommand(output: CommandOutput): Command {
  const command = new Command('sigcheck')
    .description('check that promoted images are signed, and the same on every mirror')
    .argument('[references...]', 'only these: a name that users pull, with a digest or without');
  addManifestPlaces(command);
  booleanFlag(command, 'confirm', 'make mirrors equal to the canonical repository where they are not');
  command.addOption(numberOption('--limit <count>', 'print at most so many; 0 for all', { from: 0 }).default(0));
  addCertificateFlags(command);
  for (const name of ['from-days', 'to-days']) command.addOption(new Option(`--${name} <days>`).hideHelp());
  return addServerOptions(command)
    .addHelpText('after', HELP)
    .action(async (references: readonly string[], parsed: Omit<SigcheckOptions, 'given'>) => {
      const { runSigcheck } = await import('./sigcheck.ts');
      await runSigcheck(references, { ...parsed, given: givenOptions(command) }, output);
    });
}
