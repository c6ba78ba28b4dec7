import { messageOf } from '../errors.ts';
import { surveyBundle } from '../manifest/bundle-reader.ts';
import { examineBundle } from '../manifest/bundle.ts';
import { surveyFiles, type FileInput } from '../manifest/file-bundle-reader.ts';
import { examineFileBundle, type FileOutcome } from '../manifest/file-manifest-parser.ts';
import type { FileManifest } from '../manifest/file-manifest.ts';
import { readText } from '../manifest/file-reader.ts';
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
  readonly outcomes: (ManifestOutcome | FileOutcome)[];
  readonly problems: Problem[];
  readonly warnings: Problem[];
}

async function validate(paths: readonly string[], lenient: boolean): Promise<Validation> {
  const validation: Validation = { outcomes: [], problems: [], warnings: [] };
  const [first = '', ...others] = paths;
  if (others.length > 0 && (await namesFilestores(first))) {
    await validateFiles({ kind: 'pair', filestores: first, files: others }, validation);
    return validation;
  }
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
    if (input.kind === 'files') {
      await validateFiles({ kind: 'directory', directory: input.directory }, into);
      continue;
    }
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

/** What was read is examined, whatever could not be. */
async function validateFiles(input: FileInput, into: Validation): Promise<void> {
  const { bundle, problems, warnings } = await surveyFiles(input);
  const examined = examineFileBundle(bundle);
  into.outcomes.push(...examined.outcomes);
  into.problems.push(...problems, ...examined.problems);
  into.warnings.push(...warnings);
}

/** Whether a file is the half of a file manifest that says where files come from and go. */
async function namesFilestores(path: string): Promise<boolean> {
  const text = await readText(path).catch(() => '');
  return /^\s*filestores\s*:/m.test(text);
}

function asJson({ outcomes, problems, warnings }: Validation): string {
  const manifests = outcomes.map(({ file, manifest }) => ({
    file,
    valid: manifest !== undefined,
    ...(manifest && contentsOf(manifest)),
  }));
  return `${JSON.stringify({ valid: problems.length === 0, manifests, problems, warnings }, undefined, 2)}\n`;
}

function asText({ outcomes }: Validation): string {
  return outcomes.map(({ file, manifest }) => `${file}: ${manifest ? summaryOf(manifest) : 'invalid'}\n`).join('');
}

function contentsOf(manifest: Manifest | FileManifest): object {
  if (!('images' in manifest)) {
    const { source, destinations, files } = manifest;
    return { source: source.base, destinations: destinations.map(({ base }) => base), files: files.length };
  }
  const { source, destinations, images } = manifest;
  return { source, destinations, images: images.length, digests: digestsOf(manifest) };
}

function summaryOf(manifest: Manifest | FileManifest): string {
  if (!('images' in manifest)) {
    const { source, destinations, files } = manifest;
    return `valid: ${counted(files.length, 'file')} from ${source.base} to ${counted(destinations.length, 'filestore')}`;
  }
  const images = `${counted(manifest.images.length, 'image')}, ${counted(digestsOf(manifest), 'digest')}`;
  return `valid: ${images} from ${manifest.source} to ${counted(manifest.destinations.length, 'registry', 'registries')}`;
}

function digestsOf(manifest: Manifest): number {
  return manifest.images.reduce((sum, image) => sum + image.digests.length, 0);
}
