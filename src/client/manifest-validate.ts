import { messageOf } from '../errors.ts';
import { surveyBundle } from '../manifest/bundle-reader.ts';
import { examineBundle } from '../manifest/bundle.ts';
import { formatProblem } from '../manifest/manifest-error.ts';
import { findManifests } from '../manifest/manifest-search.ts';
import type { Manifest, Problem } from '../manifest/manifest.ts';
import type { ManifestOutcome } from '../manifest/parse-context.ts';
import { EXIT_CODE } from './exit-code.ts';
import type { ValidateOptions } from './manifest-command.ts';
import type { CommandOutput } from './output.ts';
import { counted } from './units.ts';

/** Checks manifests offline and prints what each holds, or everything that is wrong with it. */
export async function runValidate(
  paths: readonly string[],
  options: ValidateOptions,
  output: CommandOutput,
): Promise<void> {
  const validation = await validate(paths, options.lenient);
  for (const problem of validation.problems) output.stderr.write(`${formatProblem(problem)}\n`);
  for (const warning of validation.warnings) {
    output.stderr.write(`${formatProblem({ ...warning, message: `warning: ${warning.message}` })}\n`);
  }
  output.stdout.write(options.json ? asJson(validation) : asText(validation));
  output.setExitCode(validation.problems.length === 0 ? EXIT_CODE.done : EXIT_CODE.usage);
}

interface Validation {
  readonly outcomes: ManifestOutcome[];
  readonly problems: Problem[];
  readonly warnings: Problem[];
}

async function validate(paths: readonly string[], lenient: boolean): Promise<Validation> {
  const validation: Validation = { outcomes: [], problems: [], warnings: [] };
  for (const path of paths) {
    try {
      await validatePath(path, lenient, validation);
    } catch (thrown) {
      validation.problems.push({ file: path, message: messageOf(thrown) });
    }
  }
  return validation;
}

async function validatePath(path: string, lenient: boolean, into: Validation): Promise<void> {
  for (const input of await findManifests(path)) {
    const read = await surveyBundle(input);
    into.problems.push(...read.problems);
    into.warnings.push(...read.warnings);
    // What could not be read leaves nothing to examine, and was said.
    if (read.bundle.files.length === 0 && read.problems.length > 0) continue;
    const { outcomes, problems, warnings } = examineBundle(read.bundle, { lenient, root: read.root });
    into.outcomes.push(...outcomes);
    into.problems.push(...problems);
    into.warnings.push(...warnings);
  }
}

function asJson({ outcomes, problems, warnings }: Validation): string {
  const manifests = outcomes.map(({ file, manifest }) => ({
    file,
    valid: manifest !== undefined,
    ...(manifest && {
      source: manifest.source,
      destinations: manifest.destinations,
      images: manifest.images.length,
      digests: digestsOf(manifest),
    }),
  }));
  return `${JSON.stringify({ valid: problems.length === 0, manifests, problems, warnings }, undefined, 2)}\n`;
}

function asText({ outcomes }: Validation): string {
  return outcomes.map(({ file, manifest }) => `${file}: ${manifest ? summaryOf(manifest) : 'invalid'}\n`).join('');
}

function summaryOf(manifest: Manifest): string {
  const images = `${counted(manifest.images.length, 'image')}, ${counted(digestsOf(manifest), 'digest')}`;
  return `valid: ${images} from ${manifest.source} to ${counted(manifest.destinations.length, 'registry', 'registries')}`;
}

function digestsOf(manifest: Manifest): number {
  return manifest.images.reduce((sum, image) => sum + image.digests.length, 0);
}
