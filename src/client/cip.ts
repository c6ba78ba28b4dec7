import { loadConfig } from '../config.ts';
import { draftPlan, edgeKey } from '../plan/draft.ts';
import type { CipOptions } from './cip-command.ts';
import { EXIT_CODE } from './exit-code.ts';
import { writeJsonResult } from './json-result.ts';
import type { ManifestInput } from './manifest-flags.ts';
import type { CommandOutput } from './output.ts';
import { planRun, readScope, startIn, type ReadScope } from './promotion-scope.ts';
import { attendRun, conductRun } from './run-conduct.ts';
import { withSigningFlags } from './signing-flags.ts';
import { counted } from './units.ts';

/** Promotes what manifests ask for, or says what that would be. @throws PromoterError */
export async function runCip(input: ManifestInput, options: CipOptions, output: CommandOutput): Promise<void> {
  const scope = await readScope(input, options, output);
  if (scope.git === undefined) {
    if (options.parseOnly === true) return printParsed(scope, options, output);
    if (scope.changes?.edges.length === 0) return printUnchanged(scope, options, output);
  }
  const config = withSigningFlags(await loadConfig(options), options, process.env);
  const conduct = { output, json: options.json === true, ui: options.ui === true, stopAtHold: true };
  const scans = options.vulnSeverityThreshold >= 0;
  const plan = await planRun(scope, scans ? { ...options, confirm: false } : options, config, output);
  const begin = startIn(config, plan);
  if (!scans) return conductRun(config, conduct, begin);
  const { scanPlan } = await import('./scan.ts');
  await attendRun(config, conduct, begin, (end) => scanPlan(end, config, options, output));
}

/** What is printed when there is nothing to do; nothing has been started and no registry asked. */
async function printUnchanged(
  { parsed: { files, destinations, warnings }, changes }: ReadScope,
  options: CipOptions,
  output: CommandOutput,
): Promise<void> {
  const exitCode = EXIT_CODE.done;
  output.setExitCode(exitCode);
  if (options.json !== true) return;
  const result = { outcome: 'done', exitCode, files, edges: 0, commit: changes?.commit, destinations, warnings };
  await writeJsonResult(output.stdout, result);
}

async function printParsed({ parsed, changes }: ReadScope, options: CipOptions, output: CommandOutput): Promise<void> {
  output.stderr.write('Manifests parsed, exiting as ParseOnly is set\n');
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
    const commit = changes === undefined ? parsed.commit : changes.commit;
    const lists = changes === undefined ? {} : { changes: changes.edges };
    await writeJsonResult(output.stdout, { ...fields, commit }, lists);
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
