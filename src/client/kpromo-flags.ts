import type { Command } from 'commander';
import { Option } from 'commander';
import { PromoterError } from '../errors.ts';
import type { SignatureRules } from '../workflows/promotion-request.ts';
import { booleanFlag } from './boolean-flags.ts';
import type { ChangeMode } from './manifest-changes.ts';
import { numberOption } from './number-option.ts';
import { addRetiredFlags } from './retired-flags.ts';

/** What kpromo's `cip` takes besides what every command here does. */
export interface KpromoOptions {
  readonly useProwManifestDiff?: boolean;
  readonly manifestDiffSince?: string;
  readonly snapshot?: string;
  readonly snapshotTag?: string;
  readonly snapshotRepositories?: string;
  readonly minimalSnapshot?: boolean;
  readonly manifestBasedSnapshotOf?: string;
  readonly output: string;
  readonly signerAccount: string;
  readonly certificateIdentity: string;
  readonly certificateIdentityRegexp: string;
  readonly certificateOidcIssuer: string;
  readonly certificateOidcIssuerRegexp: string;
  readonly maxSignatureOps: number;
  readonly vulnSeverityThreshold: number;
  readonly scanner: (typeof SCANNERS)[number];
  readonly unscanned: (typeof UNSCANNED)[number];
  readonly requireProvenance?: boolean;
  readonly checkManifestListsFromSnapshot?: string;
}

type ChangeOptions = Pick<KpromoOptions, 'useProwManifestDiff' | 'manifestDiffSince'>;
export type CertificateOptions = Pick<
  KpromoOptions,
  'certificateIdentity' | 'certificateIdentityRegexp' | 'certificateOidcIssuer' | 'certificateOidcIssuerRegexp'
>;

/** Who can be asked about vulnerabilities. */
export const SCANNERS = ['container-analysis', 'trivy', 'grype'] as const;

/** What becomes of images that nobody has scanned. */
const UNSCANNED = ['pass', 'warn', 'fail'] as const;

/** Names of the options that stand on the command line, as properties. */
export type GivenOptions = ReadonlySet<string>;

const KREL_TRUST = 'krel-trust@k8s-releng-prod.iam.gserviceaccount.com';

/** Declares the flags that restrict a promotion to what a change of the manifests asks for. */
export function addDiffFlags(command: Command): Command {
  booleanFlag(command, 'use-prow-manifest-diff', 'only what the change adds that Prow tests or has merged (JOB_TYPE)');
  return command.option(
    '--manifest-diff-since <date>',
    "only what was added since; any date of git's, e.g. '14 days' (thin manifests only, like the flag before)",
  );
}

/** Declares the flags that print what a registry holds, or would hold, instead of promoting. */
export function addSnapshotFlags(command: Command): Command {
  command
    .optionsGroup('Snapshots, instead of a promotion:')
    .option('--snapshot <registry>', 'print all images below a registry or repository')
    .option('--snapshot-tag <tag>', 'only digests with this tag (with --snapshot)')
    .option('--snapshot-repositories <file>', "their names below the registry, a line each, where it can't list them")
    .option('--manifest-based-snapshot-of <registry>', 'print what the manifests want there; reads no registry');
  booleanFlag(command, 'minimal-snapshot', 'without tagless digests that belong to an index of the registry');
  return command.option('--output <format>', 'csv or yaml, in whatever case', 'yaml');
}

/** Declares the flags that say who signs, and whose signatures count. */
export function addSignatureFlags(command: Command): Command {
  command
    .optionsGroup('Signatures:')
    .option('--signer-account <email>', 'Google service account to sign as', KREL_TRUST);
  addCertificateFlags(command, 'whose signatures on staging images count');
  command.addOption(numberOption('--max-signature-ops <count>', 'signatures at once', { from: 1 }).default(50));
  booleanFlag(command, 'require-provenance', 'refuse staging images without provenance');
  command.addOption(new Option('--check-manifest-lists-from-snapshot <file>').hideHelp());
  return addRetiredFlags(command);
}

/** Declares cosign's flags of these names. */
export function addCertificateFlags(command: Command, what = 'whose signatures count'): Command {
  return command
    .option('--certificate-identity <identity>', what, KREL_TRUST)
    .option('--certificate-identity-regexp <pattern>', 'the same, as a pattern for all of it', '')
    .option('--certificate-oidc-issuer <url>', 'who vouches for that identity', 'https://accounts.google.com')
    .option('--certificate-oidc-issuer-regexp <pattern>', 'the same, as a pattern for all of it', '');
}

/** Declares the flags of the mode that looks for vulnerabilities. */
export function addScanFlags(command: Command): Command {
  const threshold = numberOption(
    '--vuln-severity-threshold <level>',
    'look for vulnerabilities from this level on: 1 minimal, 2 low, 3 medium, 4 high, 5 critical; 0 looks at none',
    { from: -1, to: 5 },
  );
  return command
    .optionsGroup('Vulnerabilities, instead of a promotion:')
    .addOption(threshold.default(-1))
    .addOption(new Option('--scanner <name>', 'who is asked').choices(SCANNERS).default('container-analysis'))
    .addOption(new Option('--unscanned <verdict>', 'what nobody has scanned gets').choices(UNSCANNED).default('warn'));
}

/** The options that stand on the command line, unlike those that have their default. */
export function givenOptions(command: Command): GivenOptions {
  const names = command.options.map((option) => option.attributeName());
  return new Set(names.filter((name) => command.getOptionValueSource(name) === 'cli'));
}

/** The change that a promotion is restricted to, if it is; kpromo's rule where both flags are given. */
export function changeModeOf({ useProwManifestDiff, manifestDiffSince = '' }: ChangeOptions): ChangeMode | undefined {
  if (useProwManifestDiff === true) return { kind: 'prow' };
  return manifestDiffSince === '' ? undefined : { kind: 'since', since: manifestDiffSince };
}

/** Whose signatures count on staging images: a default gives way to a pattern, and to nothing else. */
export function signatureRulesOf(options: CertificateOptions, given: GivenOptions): SignatureRules {
  const { certificateIdentity, certificateIdentityRegexp, certificateOidcIssuer, certificateOidcIssuerRegexp } =
    options;
  const exactIdentity = certificateIdentityRegexp === '' || given.has('certificateIdentity');
  const exactIssuer = certificateOidcIssuerRegexp === '' || given.has('certificateOidcIssuer');
  return {
    certificateIdentity: exactIdentity ? certificateIdentity : '',
    certificateIdentityRegexp,
    certificateOidcIssuer: exactIssuer ? certificateOidcIssuer : '',
    certificateOidcIssuerRegexp,
  };
}

/** The first line that kpromo prints. */
export function signatureLine(options: CertificateOptions): string {
  return [
    `Options to check the Signatures: SignCheckIdentity: ${options.certificateIdentity}`,
    `SignCheckIdentityRegexp: ${options.certificateIdentityRegexp}`,
    `SignCheckIssuer: ${options.certificateOidcIssuer}`,
    `SignCheckIssuerRegexp: ${options.certificateOidcIssuerRegexp}`,
  ].join(' | ');
}

/** @throws PromoterError `UsageInvalid` for what used to be another mode than promoting, and is gone */
export function refuseGoneModes({ checkManifestListsFromSnapshot }: KpromoOptions): void {
  if (checkManifestListsFromSnapshot === undefined) return;
  throw new PromoterError(
    'UsageInvalid',
    '--check-manifest-lists-from-snapshot is gone, and what it did is not a promotion: nothing is done',
  );
}
