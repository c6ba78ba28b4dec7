import { Command } from 'commander';
import { booleanFlag } from './boolean-flags.ts';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import { addCertificateFlags, givenOptions, type CertificateOptions, type GivenOptions } from './kpromo-flags.ts';
import { addManifestPlaces, type ManifestFlags } from './manifest-flags.ts';
import { numberOption } from './number-option.ts';
import type { CommandOutput } from './output.ts';

export interface SigcheckOptions extends ServerOptions, CertificateOptions, ManifestFlags {
  readonly confirm?: boolean;
  readonly limit: number;
  readonly fromDays: number;
  readonly toDays: number;
  readonly given: GivenOptions;
}

const HELP = `
Without manifests the images are those that are named, or the tagged ones that came to the production registry in the last
days, and the mirrors are all that promotions go to. PROMOTER_PRODUCTION_REGISTRY and PROMOTER_PRODUCTION_MIRRORS name
other ones than Kubernetes'.

A signature counts when it verifies and was made by the identity asked for. With --confirm mirrors are made equal to the
canonical repository, and everything is checked once more; what is signed nowhere has to be signed by a promotion.

Exit codes:  0 all is signed everywhere, or has been mended   1 failed   2 wrong usage   3 something is not as it should be
`;

/** The command that says of promoted images whether they are signed on every mirror: kpromo's `sigcheck`. */
export function sigcheckCommand(output: CommandOutput): Command {
  const command = new Command('sigcheck')
    .description('check that promoted images are signed, and the same on every mirror')
    .argument('[references...]', 'only these: a name that users pull, with tag or digest or without');
  addManifestPlaces(command);
  booleanFlag(command, 'confirm', 'make mirrors equal to the canonical repository where they are not');
  command
    .addOption(
      numberOption('--from-days <days>', 'without manifests: images that came at most so many days ago', {
        from: 0,
      }).default(5),
    )
    .addOption(
      numberOption('--to-days <days>', 'without manifests: images that came at least so many days ago', {
        from: 0,
      }).default(0),
    )
    .addOption(
      numberOption('--limit <count>', 'check at most so many, the newest; with manifests: print so many; 0: all', {
        from: 0,
      }).default(0),
    );
  addCertificateFlags(command);
  return addServerOptions(command)
    .addHelpText('after', HELP)
    .action(async (references: readonly string[], parsed: Omit<SigcheckOptions, 'given'>) => {
      const { runSigcheck } = await import('./sigcheck.ts');
      await runSigcheck(references, { ...parsed, given: givenOptions(command) }, output);
    });
}
