import { loadConfig } from '../config.ts';
import type { BundleInput } from '../manifest/bundle-reader.ts';
import { putEdges } from '../plan/document.ts';
import { draftPlan, edgeKey } from '../plan/draft.ts';
import { openFolderStore } from '../plan/folder-store.ts';
import type { CipOptions } from './cip-command.ts';
import { EXIT_CODE } from './exit-code.ts';
import { writeJsonResult } from './json-result.ts';
import { changeModeOf } from './kpromo-flags.ts';
import { findChanges, type ManifestChanges } from './manifest-changes.ts';
import type { CommandOutput } from './output.ts';
import { printWarnings, readInput, uploadInput, type PromotionInput } from './promotion-input.ts';
import { requestOf } from './promotion-request.ts';
import { conductRun } from './run-conduct.ts';
import { dryRunId, promotionId } from './run-identity.ts';
import { startRun } from './run-start.ts';
import { withSigningFlags } from './signing-flags.ts';
import { counted } from './units.ts';

/** Promotes what manifests ask for, or says what that would be. @throws PromoterError */
export async function runCip(input: BundleInput, options: CipOptions, output: CommandOutput): Promise<void> {
  const parsed = await readInput(input, options.lenient === true);
  printWarnings(output.stderr, parsed);
  const changes = await changesOf(input, options, parsed, output);
  if (options.parseOnly === true) return printParsed(parsed, changes, options, output);
  if (changes?.edges.length === 0) return printUnchanged(parsed, changes, options, output);

  const config = withSigningFlags(await loadConfig(options), options, process.env);
  const request = {
    ...requestOf(options, {
      manifests: await uploadInput(parsed, config.planStore),
      terminal: output.stderr.isTTY === true,
      selfContained: config.temporal === undefined,
    }),
    ...(changes === undefined ? {} : { commit: changes.commit, only: await uploadEdges(changes, config.planStore) }),
  };
  const { destinations } = parsed;
  const workflowId = request.confirm === true ? promotionId(destinations) : dryRunId(request);
  const conduct = {
    output,
    json: options.json === true,
    ui: options.ui === true,
    stopAtHold: true,
  };
  await conductRun(config, conduct, async (session, note) => {
    const run = await startRun(session, config, { workflowId, request, destinations });
    note(run.joined ? `goes on with run ${run.runId} of ${workflowId}` : `started ${workflowId}`);
    return run;
  });
}

/** The change that the run is restricted to; none when it works on everything. */
async function changesOf(
  input: BundleInput,
  options: CipOptions,
  { manifests }: PromotionInput,
  { stderr }: CommandOutput,
): Promise<ManifestChanges | undefined> {
  const mode = changeModeOf(options);
  if (mode === undefined) return undefined;
  if (input.kind === 'plain') {
    stderr.write('warning: diff modes are for thin manifests: all of this one is promoted\n');
    return undefined;
  }
  const note = (text: string): void => void stderr.write(`${text}\n`);
  const lenient = options.lenient === true;
  return findChanges(mode, input.directory, manifests, { lenient, environment: process.env, note });
}

async function uploadEdges({ edges }: ManifestChanges, planStore: string): Promise<string> {
  return putEdges(await openFolderStore(planStore), edges);
}

/** What is printed when there is nothing to do; nothing has been started and no registry asked. */
async function printUnchanged(
  { files, destinations, warnings }: PromotionInput,
  { commit }: ManifestChanges,
  options: CipOptions,
  output: CommandOutput,
): Promise<void> {
  const exitCode = EXIT_CODE.done;
  output.setExitCode(exitCode);
  if (options.json !== true) return;
  const result = { outcome: 'done', exitCode, files, edges: 0, commit, destinations, warnings };
  await writeJsonResult(output.stdout, result);
}

async function printParsed(
  parsed: PromotionInput,
  changes: ManifestChanges | undefined,
  options: CipOptions,
  output: CommandOutput,
): Promise<void> {
  const { manifests, files, warnings, destinations } = parsed;
  const only = changes === undefined ? undefined : new Set(changes.edges.map(edgeKey));
  const { edges, overlaps, redundant } = draftPlan(manifests, only);
  const images = manifests.flatMap((manifest) => manifest.images);
  const digests = images.reduce((sum, image) => sum + image.digests.length, 0);
  for (const { message } of overlaps) output.stderr.write(`warning: ${message}\n`);
  const conflicting = options.strict === true ? EXIT_CODE.failed : EXIT_CODE.quarantined;
  const exitCode = overlaps.length === 0 ? EXIT_CODE.done : conflicting;
  output.setExitCode(exitCode);
  if (options.json === true) {
    const counts = { files, images: images.length, digests, edges, redundant };
    const fields = { outcome: 'parsed', exitCode, ...counts, destinations, warnings, overlaps };
    const changed = changes === undefined ? {} : { commit: changes.commit, changes: changes.edges };
    await writeJsonResult(output.stdout, { ...fields, ...changed });
    return;
  }
  const parts = [
    counted(files, 'file'),
    counted(images.length, 'image'),
    counted(digests, 'digest'),
    counted(edges, 'edge'),
  ];
  output.stdout.write(`${parts.join(', ')} to ${counted(destinations.length, 'registry', 'registries')}\n`);
}
