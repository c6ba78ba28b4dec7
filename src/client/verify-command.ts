import { Command } from 'commander';
import { booleanFlag } from './boolean-flags.ts';
import { addConfigOption } from './common-options.ts';
import type { CommandOutput } from './output.ts';

/** What the command line says of an image to verify. */
export interface VerifyOptions {
  readonly certificateIdentity?: string;
  readonly certificateIdentityRegexp?: string;
  readonly certificateOidcIssuer?: string;
  readonly certificateOidcIssuerRegexp?: string;
  readonly config?: string;
  readonly trustedRoot?: string;
  readonly json?: boolean;
}

/** The command that says what signatures and attestations images carry, which of them verify, and why the others do not. */
export function verifyCommand(output: CommandOutput): Command {
  const command = new Command('verify')
    .description('say what signatures and attestations images carry, which verify, and why the others do not')
    .argument('<image...>', 'images by tag or digest: registry.example/app:v1, registry.example/app@sha256:…')
    .option(
      '--certificate-identity <identity>',
      'whose signature is wanted; anybody’s unless this or its pattern is given',
    )
    .option('--certificate-identity-regexp <pattern>', 'the same as a pattern that has to match all of it')
    .option('--certificate-oidc-issuer <issuer>', 'who vouches for the identity')
    .option('--certificate-oidc-issuer-regexp <pattern>', 'the same as a pattern')
    .option(
      '--trusted-root <file>',
      'a trusted_root.json; the public good instance’s unless given (PROMOTER_TRUSTED_ROOT)',
    )
    .addHelpText('after', '\nExit code 0 when every image has a signature that verifies, else 1.');
  addConfigOption(command);
  booleanFlag(command, 'json', 'print the result as one JSON document');
  return command.action(async (images: readonly string[], options: VerifyOptions) => {
    const { verifyImages } = await import('./verify.ts');
    await verifyImages(images, options, output);
  });
}
