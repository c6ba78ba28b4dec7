import { bundleFromBytes, parseBundle } from '../manifest/bundle.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { getEdges } from '../plan/document.ts';
import { edgeKey } from '../plan/draft.ts';
import type { PlanStore } from '../plan/store.ts';
import type { Digest } from '../reference.ts';
import type { CheckedRequest } from './request.ts';

/** The manifests of a request, read from the plan store. */
export async function readManifests(
  store: PlanStore,
  request: CheckedRequest,
): Promise<{ manifests: readonly Manifest[]; warnings: readonly string[]; files: number }> {
  const bundle = bundleFromBytes(await store.get(request.manifests as Digest));
  const { manifests, warnings } = parseBundle(bundle, { lenient: request.lenient === true });
  return {
    manifests,
    warnings: warnings.map(({ file, line, message }) => `${file}${line === undefined ? '' : `:${line}`}: ${message}`),
    files: bundle.files.length,
  };
}

/** The edges that a request restricts its run to, if it does. */
export async function readOnly(store: PlanStore, request: CheckedRequest): Promise<ReadonlySet<string> | undefined> {
  if (request.only === undefined) return undefined;
  return new Set((await getEdges(store, request.only as Digest)).map(edgeKey));
}
