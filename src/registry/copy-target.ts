import { PromoterError } from '../errors.ts';
import type { Digest } from '../reference.ts';
import { deliverBlob } from './copy-blob.ts';
import type { CopyRegistry } from './copy-blob.ts';
import { writeTags } from './copy-tags.ts';
import type { TagsResult } from './copy-tags.ts';
import type { CopyTarget, TargetOutcome } from './copy.ts';
import { blobsOf, nodesOf } from './manifest-graph.ts';
import type { ManifestNode } from './manifest-graph.ts';
import type { Placement } from './placement.ts';
import type { CallOptions, Descriptor, ManifestContent } from './registry.ts';
import type { BlobShare } from './spool.ts';

/** What one destination of a group needs to be copied to. */
export interface TargetCopy {
  readonly registry: CopyRegistry;
  readonly placement: Placement;
  readonly target: CopyTarget;
  readonly digest: Digest;
  /** Whether an earlier attempt may have written part of it. */
  readonly resumed: boolean;
  readonly options: CallOptions;
  /** The manifest alone, for a destination that has everything else. */
  root(): Promise<ManifestContent>;
  graph(): Promise<ManifestNode>;
  share(blob: Digest): BlobShare;
}

interface Tally {
  manifests: number;
  blobs: number;
  mounted: number;
  bytes: number;
  /** How many blobs and manifests were left alone because they were remembered to be there. */
  remembered: number;
}

/**
 * Copies a group to one destination: blobs, then children, then the manifest itself under its tags.
 *
 * @throws PromoterError whatever the registries answered; everything that was written until then is complete in itself
 */
export async function copyToTarget(copy: TargetCopy): Promise<readonly TargetOutcome[]> {
  if (await hasDigest(copy)) return outcomesOf(copy, await tagOnly(copy), newTally());
  const graph = await copy.graph();
  const tally = newTally();
  try {
    return outcomesOf(copy, await deliver(copy, graph, copy.resumed, tally), tally);
  } catch (error) {
    if (!isStaleKnowledge(error, tally)) throw error;
    copy.placement.forget(copy.target.repository, everythingIn(graph));
    return outcomesOf(copy, await deliver(copy, graph, true, tally), tally);
  }
}

async function hasDigest({ target, resumed, registry, digest, options }: TargetCopy): Promise<boolean> {
  if (target.hasDigest) return true;
  return resumed && (await registry.headManifest(target.repository, digest, options)) !== undefined;
}

async function tagOnly(copy: TargetCopy): Promise<TagsResult> {
  const { registry, target, options } = copy;
  if (target.tags.length === 0) return { standing: [], moved: [], written: 0 };
  return writeTags(registry, target.repository, target.tags, await copy.root(), options, target.tagsMissing !== true);
}

async function deliver(copy: TargetCopy, graph: ManifestNode, ask: boolean, tally: Tally): Promise<TagsResult> {
  const { registry, placement, target, options } = copy;
  await deliverLinks(copy, graph, ask, tally);
  if (target.tags.length > 0) {
    const look = target.tagsMissing !== true;
    const result = await writeTags(registry, target.repository, target.tags, graph.content, options, look);
    if (result.standing.length > 0) placement.note(target.repository, graph.content.digest);
    return result;
  }
  const put = await placement.bringManifest(
    target.repository,
    graph.content.digest,
    () => putByDigest(copy, graph.content),
    options.signal,
  );
  return { standing: [], moved: [], written: put === undefined ? 0 : 1 };
}

async function deliverLinks(copy: TargetCopy, node: ManifestNode, ask: boolean, tally: Tally): Promise<void> {
  await allDone([
    ...node.blobs.map((blob) => deliverOneBlob(copy, blob, ask, tally)),
    ...node.children.map((child) => deliverChild(copy, child, ask, tally)),
  ]);
}

async function deliverOneBlob(copy: TargetCopy, blob: Descriptor, ask: boolean, tally: Tally): Promise<void> {
  const { registry, placement, target, options } = copy;
  const share = copy.share(blob.digest);
  const delivery = { registry, placement, repository: target.repository, blob, share, ask, options };
  // Given up at once, also after a failure: room that is held for nothing could be what another blob here waits for.
  const arrival = await deliverBlob(delivery).finally(() => share.release());
  if (arrival === 'mounted') tally.mounted += 1;
  if (arrival === 'uploaded') tally.blobs += 1;
  if (arrival === 'uploaded') tally.bytes += blob.size;
  if (arrival === undefined) tally.remembered += 1;
}

async function deliverChild(copy: TargetCopy, child: ManifestNode, ask: boolean, tally: Tally): Promise<void> {
  const { registry, placement, target, options } = copy;
  const { digest } = child.content;
  async function bring(): Promise<'found' | 'put'> {
    if (ask && (await registry.headManifest(target.repository, digest, options)) !== undefined) return 'found';
    await deliverLinks(copy, child, ask, tally);
    return putByDigest(copy, child.content);
  }
  const arrival = await placement.bringManifest(target.repository, digest, bring, options.signal);
  if (arrival === 'put') tally.manifests += 1;
  if (arrival === undefined) tally.remembered += 1;
  if (arrival !== 'put') for (const blob of blobsOf(child)) copy.share(blob.digest).release();
}

async function putByDigest({ registry, target, options }: TargetCopy, content: ManifestContent): Promise<'put'> {
  await registry.putManifest(target.repository, content.digest, content, options);
  return 'put';
}

/**
 * Whether a manifest may have been refused because something that we remember to be there has been deleted
 * (MANIFEST_BLOB_UNKNOWN; distribution answers 400, others 404).
 */
function isStaleKnowledge(error: unknown, tally: Tally): boolean {
  if (!(error instanceof PromoterError) || tally.remembered + tally.mounted === 0) return false;
  return error.code === 'RegistryRefused' || error.code === 'RegistryNotFound';
}

function outcomesOf({ target }: TargetCopy, tags: TagsResult, tally: Tally): readonly TargetOutcome[] {
  const { repository } = target;
  const { remembered: _, ...counts } = { ...tally, manifests: tally.manifests + tags.written };
  const moved = tags.moved.map(({ tag, found }) => ({ kind: 'tag-moved', repository, tag, found }) as const);
  if (tags.standing.length === 0 && target.tags.length > 0) return moved;
  if (counts.manifests + counts.blobs + counts.mounted === 0) return [{ kind: 'present', repository }, ...moved];
  return [{ kind: 'copied', repository, tags: tags.standing, ...counts }, ...moved];
}

function everythingIn(graph: ManifestNode): readonly Digest[] {
  const manifests = nodesOf(graph).map((node) => node.content.digest);
  return [...manifests, ...blobsOf(graph).map((blob) => blob.digest)];
}

function newTally(): Tally {
  return { manifests: 0, blobs: 0, mounted: 0, bytes: 0, remembered: 0 };
}

/** Waits for all before it fails with the first, so that nothing goes on behind the caller's back. */
async function allDone(parts: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(parts);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
