import { loadConfig } from '../config.ts';
import type { BundleInput } from '../manifest/bundle-reader.ts';
import { draftPlan } from '../plan/draft.ts';
import type { CipOptions } from './cip-command.ts';
import { EXIT_CODE } from './exit-code.ts';
import { writeJsonResult } from './json-result.ts';
import type { CommandOutput } from './output.ts';
import { printWarnings, readInput, uploadInput, type PromotionInput } from './promotion-input.ts';
import { requestOf } from './promotion-request.ts';
import { conductRun } from './run-conduct.ts';
import { dryRunId, promotionId } from './run-identity.ts';
import { startRun } from './run-start.ts';
import { counted } from './units.ts';

/** Promotes what manifests ask for, or says what that would be. @throws PromoterError */
export async function runCip(input: BundleInput, options: CipOptions, output: CommandOutput): Promise<void> {
  const parsed = await readInput(input, options.lenient === true);
  printWarnings(output.stderr, parsed);
  if (options.parseOnly === true) return printParsed(parsed, options, output);

  const config = await loadConfig(options);
  const request = requestOf(options, {
    manifests: await uploadInput(parsed, config.planStore),
    terminal: output.stderr.isTTY === true,
    selfContained: config.temporal === undefined,
  });
  const { destinations } = parsed;
  const workflowId = request.confirm === true ? promotionId(destinations) : dryRunId(request);
  const conduct = {
    output,
    json: options.json === true,
    ui: options.ui === true,
    stopAtHold: true,
    again: 'promoter cip …',
  };
  await conductRun(config, conduct, async (session, note) => {
    const run = await startRun(session, config, { workflowId, request, destinations });
    note(run.joined ? `goes on with run ${run.runId} of ${workflowId}` : `started ${workflowId}`);
    return run;
  });
}

async function printParsed(parsed: PromotionInput, options: CipOptions, output: CommandOutput): Promise<void> {
  const { manifests, files, warnings, destinations } = parsed;
  const { edges, overlaps, redundant } = draftPlan(manifests);
  const images = manifests.flatMap((manifest) => manifest.images);
  const digests = images.reduce((sum, image) => sum + image.digests.length, 0);
  for (const { message } of overlaps) output.stderr.write(`warning: ${message}\n`);
  const conflicting = options.strict === true ? EXIT_CODE.failed : EXIT_CODE.quarantined;
  const exitCode = overlaps.length === 0 ? EXIT_CODE.done : conflicting;
  output.setExitCode(exitCode);
  if (options.json === true) {
    const counts = { files, images: images.length, digests, edges, redundant };
    await writeJsonResult(output.stdout, { outcome: 'parsed', exitCode, ...counts, destinations, warnings, overlaps });
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
