import { PromoterError } from '../errors.ts';
import { hostOf } from '../reference.ts';
import type { Digest, RepositoryName } from '../reference.ts';
import type { CopyRegistry } from './copy-blob.ts';
import { readFromSource } from './copy-source.ts';
import type { ManifestSource } from './copy-source.ts';
import { copyToTarget } from './copy-target.ts';
import type { CopyGroup, CopyOptions, CopyTarget, TargetOutcome } from './copy.ts';
import { blobsOf, loadGraph, nodesOf } from './manifest-graph.ts';
import type { ManifestNode } from './manifest-graph.ts';
import type { Placement } from './placement.ts';
import type { Descriptor, ManifestContent, Registry } from './registry.ts';
import type { BlobShare, Spool } from './spool.ts';

/** What all groups of a process share. */
export interface Workshop {
  readonly registry: CopyRegistry;
  readonly placement: Placement;
  readonly spool: Spool;
  readonly manifests: ManifestSource;
}

/** Copies one group to its destinations side by side; a destination's failure is an outcome. */
export async function copyGroup(
  workshop: Workshop,
  group: CopyGroup,
  { signal, resumed = false }: CopyOptions,
): Promise<readonly TargetOutcome[]> {
  const { registry, placement, manifests } = workshop;
  const options = signal === undefined ? {} : { signal };
  const wanting = new Set(group.targets.filter((target) => !target.hasDigest));
  const shares = new Map<CopyTarget, ReadonlyMap<Digest, BlobShare>>();

  async function loadWanted(): Promise<ManifestNode> {
    const root = await readFromSource(manifests, group.source, group.digest, signal);
    const graph = await loadGraph(root, (digest) => manifests.find(group.source, digest, signal));
    noteHolders(placement, group, graph);
    // Every destination gets its shares before the first one is done with a blob, so that none is read twice.
    for (const target of wanting) shares.set(target, shareBlobs(workshop, group.source, blobsOf(graph)));
    return graph;
  }
  let graph: Promise<ManifestNode> | undefined;

  async function copyTarget(target: CopyTarget): Promise<readonly TargetOutcome[]> {
    try {
      return await copyToTarget({
        registry,
        placement,
        target,
        digest: group.digest,
        resumed,
        options,
        root: () => readAnywhere(manifests, group, target, signal),
        graph: () => (graph ??= loadWanted()),
        share: (blob) => shares.get(target)?.get(blob) as BlobShare,
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof PromoterError)) throw error;
      return [{ kind: 'failed', repository: target.repository, error }];
    } finally {
      wanting.delete(target);
      for (const share of shares.get(target)?.values() ?? []) share.release();
    }
  }

  const results = await Promise.allSettled(group.targets.map(copyTarget));
  return results.flatMap((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** Destinations that have the digest, and the source where it shares a host with a destination, are mounted from. */
function noteHolders(placement: Placement, group: CopyGroup, graph: ManifestNode): void {
  const hosts = new Set(group.targets.map((target) => hostOf(target.repository)));
  const holding = group.targets.filter((target) => target.hasDigest).map((target) => target.repository);
  const holders = hosts.has(hostOf(group.source)) ? [group.source, ...holding] : holding;
  for (const repository of holders) {
    for (const { digest } of blobsOf(graph)) placement.note(repository, digest);
    for (const { content } of nodesOf(graph)) placement.note(repository, content.digest);
  }
}

function shareBlobs(
  { registry, spool }: Workshop,
  source: RepositoryName,
  blobs: readonly Descriptor[],
): ReadonlyMap<Digest, BlobShare> {
  return new Map(
    blobs.map((blob) => [blob.digest, spool.share(blob, (signal) => openSource(registry, source, blob, signal))]),
  );
}

async function openSource(registry: Registry, source: RepositoryName, blob: Descriptor, signal: AbortSignal) {
  try {
    return await registry.openBlob(source, blob, { signal });
  } catch (error) {
    if (!(error instanceof PromoterError) || error.code !== 'RegistryNotFound') throw error;
    throw new PromoterError('SourceLost', `the source lacks a blob of its image: ${error.message}`, { cause: error });
  }
}

/** The manifest from the source, or from the destination that has it when the source no longer does. */
async function readAnywhere(
  manifests: ManifestSource,
  { source, digest }: CopyGroup,
  target: CopyTarget,
  signal: AbortSignal | undefined,
): Promise<ManifestContent> {
  try {
    return await readFromSource(manifests, source, digest, signal);
  } catch (error) {
    signal?.throwIfAborted();
    const held = await manifests.find(target.repository, digest, signal);
    if (held === undefined) throw error;
    return held;
  }
}
