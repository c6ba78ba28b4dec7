import { stat } from 'node:fs/promises';
import type { Config } from '../config.ts';
import { PromoterError } from '../errors.ts';
import { readBundle, type BundleInput } from '../manifest/bundle-reader.ts';
import { bundleBytes, parseBundle } from '../manifest/bundle.ts';
import { formatProblem } from '../manifest/manifest-error.ts';
import type { Manifest, Problem } from '../manifest/manifest.ts';
import type { OutputStream } from './output.ts';
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
}

/**
 * Reads and checks manifests.
 *
 * @throws ManifestError with every problem; nothing has been started then
 */
export async function readInput(input: BundleInput, lenient: boolean): Promise<PromotionInput> {
  const read = await readBundle(input);
  const { manifests, warnings } = parseBundle(read.bundle, { lenient, root: read.root });
  return {
    manifests,
    destinations: [...new Set(manifests.flatMap(({ destinations }) => destinations))].sort(),
    files: read.bundle.files.length,
    warnings: [...read.warnings, ...warnings],
    bytes: bundleBytes(read.bundle),
  };
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
