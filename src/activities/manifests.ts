import { bundleBytes, bundleFromBytes, parseBundle } from '../manifest/bundle.ts';
import type { FetchedManifests } from '../manifest/git-fetch.ts';
import type { GitSource } from '../manifest/git-source.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { getEdges } from '../plan/document.ts';
import { edgeKey } from '../plan/draft.ts';
import type { PlanStore } from '../plan/store.ts';
import type { Digest } from '../reference.ts';
import type { ManifestPlace, StoredRequest } from './request.ts';

/** Takes manifests from git, with the credentials of this worker. @throws PromoterError as `fetchManifests` does */
export type ManifestFetcher = (source: GitSource, signal: AbortSignal) => Promise<FetchedManifests>;

/** Manifests in the plan store, and the commit they are from where git was asked for them. */
export interface StoredManifests {
  readonly manifests: string;
  readonly commit?: string;
}

/** Sees to it that the manifests of a request are in the plan store. @throws PromoterError as fetching does; `Store*` */
export async function storeManifests(
  { store, fetchManifests }: { readonly store: PlanStore; readonly fetchManifests: ManifestFetcher },
  place: ManifestPlace,
  signal: AbortSignal,
): Promise<StoredManifests> {
  if (place.git === undefined) return { manifests: place.manifests };
  const { bundle, commit } = await fetchManifests(place.git, signal);
  return { manifests: await store.put(bundleBytes(bundle)), commit };
}

/** The manifests of a request, read from the plan store. */
export async function readManifests(
  store: PlanStore,
  request: Pick<StoredRequest, 'manifests' | 'lenient'>,
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
export async function readOnly(store: PlanStore, request: StoredRequest): Promise<ReadonlySet<string> | undefined> {
  if (request.only === undefined) return undefined;
  return new Set((await getEdges(store, request.only as Digest)).map(edgeKey));
}
