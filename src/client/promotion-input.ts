import { stat } from 'node:fs/promises';
import { loadConfig, type Config, type ConfigFlags } from '../config.ts';
import { PromoterError } from '../errors.ts';
import { readBundle, type BundleInput, type ReadBundle } from '../manifest/bundle-reader.ts';
import { bundleBytes, parseBundle } from '../manifest/bundle.ts';
import { fetchManifests } from '../manifest/git-fetch.ts';
import type { GitSource } from '../manifest/git-source.ts';
import { formatProblem } from '../manifest/manifest-error.ts';
import type { Manifest, Problem } from '../manifest/manifest.ts';
import type { ManifestInput } from './manifest-flags.ts';
import type { CommandOutput, OutputStream } from './output.ts';
import { withPlanStore } from './plan-store-access.ts';

/** Manifests that have been read and found to be in order. */
export interface PromotionInput {
  readonly manifests: readonly Manifest[];
  /** The registries that would be written to, sorted. */
  readonly destinations: readonly string[];
  readonly files: number;
  readonly warnings: readonly Problem[];
  /** What is uploaded. */
  readonly bytes: Uint8Array;
  /** Where they are from, if git was asked for them. */
  readonly commit?: string;
}

/** What a request says of its manifests. */
export type RequestedManifests = { readonly manifests: string } | { readonly git: GitSource };

/**
 * Reads and checks manifests.
 *
 * @throws ManifestError with every problem; nothing has been started then
 * @throws PromoterError as {@link fetchManifests} does
 */
export async function readInput(
  input: ManifestInput,
  lenient: boolean,
  flags: ConfigFlags = {},
): Promise<PromotionInput> {
  const read: ReadBundle & { readonly commit?: string } =
    input.kind === 'git' ? await readGit(input.git, flags) : await readBundle(input);
  const { manifests, warnings } = parseBundle(read.bundle, { lenient, root: read.root });
  return {
    manifests,
    destinations: [...new Set(manifests.flatMap(({ destinations }) => destinations))].sort(),
    files: read.bundle.files.length,
    warnings: [...read.warnings, ...warnings],
    bytes: bundleBytes(read.bundle),
    ...(read.commit === undefined ? {} : { commit: read.commit }),
  };
}

async function readGit(source: GitSource, flags: ConfigFlags) {
  const { gitSchemes } = await loadConfig(flags);
  return { ...(await fetchManifests(source, { schemes: gitSchemes })), root: '', warnings: [] };
}

/**
 * Puts manifests of this machine where the workers find them, and leaves those in git to the workers.
 *
 * @returns with what was read here, if it was
 * @throws ManifestError with every problem; PromoterError `StoreUnavailable`
 */
export async function handOver(
  input: ManifestInput,
  lenient: boolean,
  config: Config,
  { stderr }: CommandOutput,
): Promise<{ readonly requested: RequestedManifests; readonly parsed?: PromotionInput }> {
  if (input.kind === 'git') {
    stderr.write(`workers take the manifests from ${input.git.url} at ${input.git.ref}\n`);
    return { requested: { git: input.git } };
  }
  const parsed = await readInput(input, lenient);
  printWarnings(stderr, parsed);
  return { parsed, requested: { manifests: await uploadInput(parsed, config) } };
}

/** Puts the manifests where the workers find them. @returns their digest. @throws PromoterError `StoreUnavailable` */
export async function uploadInput({ bytes }: PromotionInput, config: Config): Promise<string> {
  return withPlanStore(config, (store) => store.put(bytes));
}

/** Says what is odd about the manifests. */
export function printWarnings(stream: OutputStream, { warnings }: PromotionInput): void {
  for (const { message, ...place } of warnings) {
    stream.write(`${formatProblem({ ...place, message: `warning: ${message}` })}\n`);
  }
}

/** Takes a path for a plain manifest if it is a file, else for a thin directory. @throws PromoterError `UsageInvalid` */
export async function inputOf(path: string): Promise<BundleInput> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new PromoterError('UsageInvalid', `${path} does not exist`);
  return found.isDirectory() ? { kind: 'thin', directory: path } : { kind: 'plain', path };
}
