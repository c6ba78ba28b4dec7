import pMap from 'p-map';
import { loadConfig, type Config } from '../config.ts';
import { bundleFromBytes, parseBundle } from '../manifest/bundle.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { getEdges } from '../plan/document.ts';
import type { Digest, RepositoryName, Tag } from '../reference.ts';
import type { RegistryClient } from '../registry/client-options.ts';
import { openRegistry } from '../registry-settings.ts';
import { policyOfFlags, type IdentityPolicy } from '../signing/identity-policy.ts';
import { policyOfManifest } from '../signing/manifest-policy.ts';
import type { ProvenancePolicy } from '../signing/provenance.ts';
import { openTrustSource } from '../signing/trust-source.ts';
import type { PromotionReport, QuarantinedEdge } from '../workflows/messages.ts';
import { EXIT_CODE, exitCodeOfReport, type ExitCode } from './exit-code.ts';
import { reviewImage, type Reviewer } from './image-review.ts';
import { writeJsonResult } from './json-result.ts';
import { signatureRulesOf } from './kpromo-flags.ts';
import type { ManifestInput } from './manifest-flags.ts';
import type { CommandOutput } from './output.ts';
import type { PlanOptions } from './plan-command.ts';
import { withPlanStore } from './plan-store-access.ts';
import { readPlanRows, type PlanRow } from './plan-rows.ts';
import { renderReview, type RefusedEdge, type ReviewedImage } from './review-text.ts';
import { planRun, readScope, startIn } from './promotion-scope.ts';
import { attendRun } from './run-conduct.ts';
import { printEnd, type FollowedRun } from './run-end.ts';
import { vulnerabilitySource } from './scan.ts';

const IMAGES_AT_ONCE = 8;

/** Makes a plan by a dry run, reviews its images and prints that. @throws PromoterError */
export async function runPlan(input: ManifestInput, options: PlanOptions, output: CommandOutput): Promise<void> {
  const scope = await readScope(input, options, output);
  if (scope.git === undefined && scope.changes?.edges.length === 0) {
    const nothing = { images: [], refused: [], commit: scope.changes.commit };
    output.setExitCode(EXIT_CODE.done);
    return printReview(nothing, EXIT_CODE.done, options, output);
  }
  const config = await loadConfig(options);
  const begin = startIn(config, await planRun(scope, options, config, output));
  const json = options.json === true;
  await attendRun(config, { output, json, ui: false, stopAtHold: true }, begin, (end) =>
    end.kind === 'ended' ? review(end, config, options, output) : printEnd(end, { config, output, json }),
  );
}

async function review(
  { report }: FollowedRun & { readonly report: PromotionReport },
  config: Config,
  options: PlanOptions,
  output: CommandOutput,
): Promise<ExitCode> {
  const signers = policyOfFlags(signatureRulesOf(options, options.given));
  const registry = openRegistry(config, process.env);
  const trust = openTrustSource(config.signing);
  try {
    const reviewer: Reviewer = {
      registry,
      signers,
      trust: async () => (await trust.current()).root,
      ...(options.scanner === undefined ? {} : { scanner: vulnerabilitySource(options.scanner) }),
    };
    const manifests = await manifestsOf(report, options, config);
    const images = await reviewRows(reviewer, await rowsOf(report, config), (source) =>
      policyFor(source, manifests, signers),
    );
    const refused = await describeRefused(registry, await quarantineOf(report, config));
    const exitCode = exitCodeOfReport(report);
    const commit = report.commit === undefined ? {} : { commit: report.commit };
    await printReview({ images, refused, verdicts: report.plan?.verdicts, ...commit }, exitCode, options, output);
    return exitCode;
  } finally {
    await Promise.all([registry.close(), trust.close()]);
  }
}

async function manifestsOf(
  { manifests }: PromotionReport,
  { lenient }: PlanOptions,
  config: Config,
): Promise<readonly Manifest[]> {
  if (manifests === undefined) return [];
  const bytes = await withPlanStore(config, (store) => store.get(manifests.bundle as Digest));
  return parseBundle(bundleFromBytes(bytes), { lenient: lenient === true }).manifests;
}

async function rowsOf({ plan }: PromotionReport, config: Config): Promise<readonly PlanRow[]> {
  if (plan === undefined) return [];
  return withPlanStore(config, async (store) => {
    const rows: PlanRow[] = [];
    for await (const row of readPlanRows(store, plan.digest)) rows.push(row);
    return rows;
  });
}

async function quarantineOf({ quarantine }: PromotionReport, config: Config) {
  const { list, samples } = quarantine;
  return list === undefined ? samples : withPlanStore(config, (store) => getEdges(store, list as Digest));
}

function reviewRows(
  reviewer: Reviewer,
  rows: readonly PlanRow[],
  policyOf: (source: string) => ProvenancePolicy,
): Promise<readonly ReviewedImage[]> {
  const images = Map.groupBy(rows, ({ source, digest }) => `${source}@${digest}`).values();
  return pMap(
    images,
    async (edges): Promise<ReviewedImage> => {
      const { source, digest } = edges[0] ?? { source: '', digest: '' };
      const image = { repository: source as RepositoryName, digest: digest as Digest };
      return {
        source,
        digest,
        ...(await reviewImage(reviewer, image, policyOf(source))),
        edges: edges.map(({ destination, tag, verdict }) => ({
          destination,
          verdict,
          ...(tag === undefined ? {} : { tag, before: null }),
        })),
      };
    },
    { concurrency: IMAGES_AT_ONCE },
  );
}

/** The policy of the manifest that an image comes from: the one with the longest source registry. */
function policyFor(source: string, manifests: readonly Manifest[], signers: IdentityPolicy): ProvenancePolicy {
  const [manifest] = manifests
    .filter(({ provenance, source: registry }) => provenance !== undefined && source.startsWith(`${registry}/`))
    .toSorted((a, b) => b.source.length - a.source.length);
  return manifest?.provenance === undefined
    ? { mode: 'warn', signers }
    : policyOfManifest(manifest.provenance, signers);
}

/** Edges that are kept back, with what their tags point to. */
function describeRefused(registry: RegistryClient, edges: readonly QuarantinedEdge[]): Promise<readonly RefusedEdge[]> {
  return pMap(
    edges,
    async (edge): Promise<RefusedEdge> => {
      if (edge.tag === undefined || edge.reason !== 'tag-move') return edge;
      const head = await registry.headManifest(edge.destination as RepositoryName, edge.tag as Tag);
      return { ...edge, before: head?.digest ?? null };
    },
    { concurrency: IMAGES_AT_ONCE },
  );
}

async function printReview(
  plan: Parameters<typeof renderReview>[0],
  exitCode: ExitCode,
  options: PlanOptions,
  { stdout }: CommandOutput,
): Promise<void> {
  if (options.json === true) await writeJsonResult(stdout, { outcome: 'planned', exitCode, ...plan });
  else stdout.write(renderReview(plan, options.markdown === true ? 'markdown' : 'text'));
}
