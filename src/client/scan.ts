import pMap from 'p-map';
import type { Config } from '../config.ts';
import type { Digest, RepositoryName } from '../reference.ts';
import { googleAccessToken } from '../signing/identity/google.ts';
import { createServiceClient } from '../signing/service.ts';
import { containerAnalysisVulnerabilities } from '../signing/vulnerability/container-analysis.ts';
import type { VulnerabilitySource } from '../signing/vulnerability/finding.ts';
import { checkVulnerabilities, type VulnerabilityDecision } from '../signing/vulnerability/gate.ts';
import { scannerVulnerabilities } from '../signing/vulnerability/scanner.ts';
import { parseThreshold } from '../signing/vulnerability/severity.ts';
import type { CipOptions } from './cip-command.ts';
import { EXIT_CODE, exitCodeOfReport, type ExitCode } from './exit-code.ts';
import { writeJsonResult } from './json-result.ts';
import type { KpromoOptions } from './kpromo-flags.ts';
import type { CommandOutput } from './output.ts';
import { readPlanRows } from './plan-rows.ts';
import { withPlanStore } from './plan-store-access.ts';
import { printEnd, type FollowedRun } from './run-end.ts';

const SCANS_AT_ONCE = 8;

/** What was decided of one staging image. */
export interface ScannedImage {
  readonly image: string;
  readonly decision: VulnerabilityDecision;
}

/**
 * Looks for vulnerabilities in what a dry run would promote, each image once; nothing is promoted in this mode of kpromo's.
 * All images are looked at, where kpromo stops at the first that has any.
 *
 * @returns the exit code; none when the run was interrupted
 * @throws PromoterError as the scanner does
 */
export async function scanPlan(
  end: FollowedRun,
  config: Config,
  options: CipOptions,
  output: CommandOutput,
): Promise<ExitCode | undefined> {
  const json = options.json === true;
  if (end.kind !== 'ended') return printEnd(end, { config, output, json });
  const note = (text: string): void => void output.stderr.write(`${text}\n`);
  const threshold = parseThreshold(options.vulnSeverityThreshold);
  if (options.confirm !== true || threshold === 0) {
    note(
      threshold === 0 && options.confirm === true
        ? 'Vulnerability scanning disabled (threshold <= 0)'
        : 'Dry run complete, exiting before vulnerability scan',
    );
    return exitCodeOfReport(end.report);
  }
  const images = await imagesOf(end, config);
  const policy = { threshold, unscanned: options.unscanned === 'fail' ? ('quarantine' as const) : options.unscanned };
  const source = vulnerabilitySource(options.scanner);
  const scanned = await pMap(
    images,
    async ({ repository, digest }): Promise<ScannedImage> => ({
      image: `${repository}@${digest}`,
      decision: await checkVulnerabilities({ repository, digest }, [source], policy),
    }),
    { concurrency: SCANS_AT_ONCE },
  );
  return printScan(scanned, json, output);
}

/** Whom to ask: Google's Container Analysis as kpromo does, or a program on this machine. */
export function vulnerabilitySource(scanner: KpromoOptions['scanner']): VulnerabilitySource {
  if (scanner !== 'container-analysis') return scannerVulnerabilities({ kind: scanner, program: scanner });
  return containerAnalysisVulnerabilities({ service: createServiceClient(), accessToken: googleAccessToken() });
}

async function imagesOf({ report }: FollowedRun, config: Config) {
  const images = new Map<string, { repository: RepositoryName; digest: Digest }>();
  const plan = report?.plan?.digest;
  if (plan === undefined) return images.values();
  await withPlanStore(config, async (store) => {
    for await (const { source, digest } of readPlanRows(store, plan)) {
      images.set(`${source}@${digest}`, { repository: source as RepositoryName, digest: digest as Digest });
    }
  });
  return images.values();
}

async function printScan(
  scanned: readonly ScannedImage[],
  json: boolean,
  { stdout, stderr }: CommandOutput,
): Promise<ExitCode> {
  const bad = scanned.filter(({ decision }) => decision.verdict === 'quarantined');
  const exitCode = bad.length === 0 ? EXIT_CODE.done : EXIT_CODE.failed;
  if (json) await writeJsonResult(stdout, { outcome: 'scanned', exitCode, images: scanned });
  for (const { image, decision } of scanned) {
    if (decision.verdict !== 'pass')
      stderr.write(`${decision.verdict === 'warn' ? 'warning: ' : ''}${image}: ${decision.why}\n`);
    else if (!json) stdout.write(`${image}: ${decision.why}\n`);
  }
  return exitCode;
}
