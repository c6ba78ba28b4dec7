import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { hostOf } from '../reference.ts';
import type { Group } from '../plan/document.ts';
import { googleAccessToken } from '../signing/identity/google.ts';
import { createServiceClient } from '../signing/service.ts';
import {
  attestedExemptions,
  attestedVulnerabilities,
  type AttestedOptions,
} from '../signing/vulnerability/attested.ts';
import { containerAnalysisVulnerabilities } from '../signing/vulnerability/container-analysis.ts';
import type { VulnerabilitySource } from '../signing/vulnerability/finding.ts';
import { checkVulnerabilities } from '../signing/vulnerability/gate.ts';
import { scannerVulnerabilities } from '../signing/vulnerability/scanner.ts';
import { parseThreshold } from '../signing/vulnerability/severity.ts';
import type { StoredRequest } from './request.ts';
import type { Decision } from './verification.ts';

/** Where a worker learns of vulnerabilities besides attestations. */
export interface Scanners {
  /** The sources to ask about images of a host, in order. */
  of(host: string): readonly VulnerabilitySource[];
}

const GOOGLE = /(?:^|\.)(?:pkg\.dev|gcr\.io)$/;

/**
 * Finds the scanners of this machine: Google's Container Analysis for Google's registries, and Trivy or Grype where the
 * program is named or on the path.
 */
export async function findScanners(
  named: { readonly trivy?: string; readonly grype?: string },
  path = '',
): Promise<Scanners> {
  const programs: VulnerabilitySource[] = [];
  for (const kind of ['trivy', 'grype'] as const) {
    const program = named[kind] ?? (await searchPath(kind, path));
    if (program !== undefined) programs.push(scannerVulnerabilities({ kind, program }));
  }
  const google = containerAnalysisVulnerabilities({ service: createServiceClient(), accessToken: googleAccessToken() });
  return { of: (host) => (GOOGLE.test(host) ? [google, ...programs] : programs) };
}

/**
 * Decides by the request's vulnerability gate on one staging image: verified scan attestations come first, then the
 * worker's scanners; verified VEX statements lower findings.
 *
 * @param attested absent when nothing is attached to the image
 * @throws PromoterError what a source threw
 */
export async function decideVulnerabilities(
  group: Group,
  gate: NonNullable<StoredRequest['vulnerabilities']>,
  scanners: Scanners,
  attested: AttestedOptions | undefined,
): Promise<Decision> {
  const { source: repository, digest } = group;
  const attestations = attested === undefined ? [] : [attestedVulnerabilities(attested)];
  const sources = [...attestations, ...scanners.of(hostOf(repository))];
  const exempt = attested === undefined ? undefined : await attestedExemptions({ ...attested, repository, digest });
  const { threshold, unscanned, includeUnfixable } = gate;
  const policy = {
    threshold: parseThreshold(threshold),
    ...(unscanned === undefined ? {} : { unscanned }),
    ...(includeUnfixable === undefined ? {} : { includeUnfixable }),
  };
  const { verdict, why } = await checkVulnerabilities({ repository, digest }, sources, policy, exempt);
  if (verdict === 'quarantined') return { pass: false, reason: 'vulnerable', why };
  return verdict === 'warn' ? { pass: true, warning: `${repository}@${digest}: ${why}` } : { pass: true };
}

async function searchPath(program: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, program);
    const found = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  return undefined;
}
