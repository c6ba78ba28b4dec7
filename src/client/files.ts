import { loadConfig, type Config } from '../config.ts';
import { surveyFiles, type FileInput } from '../manifest/file-bundle-reader.ts';
import { fileBundleBytes } from '../manifest/file-bundle.ts';
import { parseFileBundle } from '../manifest/file-manifest-parser.ts';
import type { FileManifest } from '../manifest/file-manifest.ts';
import { formatProblem, ManifestError } from '../manifest/manifest-error.ts';
import type { FilePromotionReport, FilePromotionRequest } from '../workflows/file-messages.ts';
import type { ServerOptions } from './common-options.ts';
import { exitCodeOfFiles } from './exit-code.ts';
import { failureReaction } from './failure-option.ts';
import type { FilesOptions } from './files-command.ts';
import { startFiles } from './files-start.ts';
import { banner, fileResults, printFiles } from './files-text.ts';
import { writeJsonResult } from './json-result.ts';
import type { CommandOutput } from './output.ts';
import { withPlanStore } from './plan-store-access.ts';
import { holdText } from './run-end.ts';
import { pursueRun, type Pursuit } from './run-pursuit.ts';

/** Promotes files, or says what that would be. @throws PromoterError */
export async function runFiles(input: FileInput, options: FilesOptions, output: CommandOutput): Promise<void> {
  const { manifests, bytes } = await readFiles(input, output);
  const config = await loadConfig(options);
  const digest = await withPlanStore(config, (store) => store.put(bytes));
  const request = requestOf(digest, options, config, output.stderr.isTTY === true);
  const destinations = [...new Set(manifests.flatMap((one) => one.destinations.map(({ base }) => base)))].sort();
  if (options.json !== true) output.stdout.write(banner('START', request));
  await followFiles(config, options, output, (session) => startFiles(session, config, request, destinations));
}

/**
 * Follows a promotion of files from where `begin` starts or finds it, and prints what came of it.
 *
 * @param options `stopAtHold`: whether a held phase ends the command, as it does unless it says otherwise
 * @throws PromoterError as `begin` and {@link pursueRun} do
 */
export async function followFiles(
  config: Config,
  { json, stopAtHold = true }: Pick<ServerOptions, 'json'> & { readonly stopAtHold?: boolean },
  output: CommandOutput,
  begin: Pursuit<FilePromotionReport>['begin'],
): Promise<void> {
  const end = await pursueRun<FilePromotionReport>(config, output, {
    begin,
    lineOf: ({ shards, counts }) =>
      shards.total === 0 ? undefined : `${shards.done}/${shards.total} shards, ${counts.copied} files copied`,
    exitCodeOf: exitCodeOfFiles,
    ...(stopAtHold ? { heldText: holdText } : {}),
  });
  output.setExitCode(end.exitCode);
  await withPlanStore(config, async (store) => {
    const { exitCode, report } = end;
    const results = fileResults(store, end.kind === 'ended' ? report?.run : undefined);
    if (json === true) {
      const { run: _, ...fields } = report ?? {};
      await writeJsonResult(
        output.stdout,
        { ...fields, outcome: report?.outcome ?? end.kind, exitCode },
        { files: results },
      );
    } else if (end.kind === 'ended') await printFiles(end.report, results, output);
  });
}

async function readFiles(
  input: FileInput,
  output: CommandOutput,
): Promise<{ readonly manifests: readonly FileManifest[]; readonly bytes: Uint8Array }> {
  const { bundle, problems, warnings } = await surveyFiles(input);
  if (problems.length > 0) throw new ManifestError(problems);
  const manifests = parseFileBundle(bundle);
  for (const { message, ...place } of warnings) {
    output.stderr.write(`${formatProblem({ ...place, message: `warning: ${message}` })}\n`);
  }
  return { manifests, bytes: fileBundleBytes(bundle) };
}

function requestOf(
  manifests: string,
  options: FilesOptions,
  config: Config,
  isTerminal: boolean,
): FilePromotionRequest {
  const { confirm = false, overwrite = false, skipMissing = false, useServiceAccount = false } = options;
  return {
    manifests,
    confirm,
    overwrite,
    skipMissing,
    useServiceAccount,
    onPhaseFailure: failureReaction(options.onFailure, isTerminal),
    // The worker ends with the command; given again, it goes on as soon as that is noticed.
    ...(config.temporal === undefined ? { heartbeat: '10 seconds' } : {}),
  };
}
