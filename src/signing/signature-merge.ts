import pMap from 'p-map';
import { PromoterError } from '../errors.ts';
import type { Digest, RepositoryName, Tag } from '../reference.ts';
import type { Descriptor, ManifestContent } from '../registry/registry.ts';
import { layerKey, layersIn } from './attach-layer.ts';
import { layeredManifest } from './attachment-manifest.ts';
import { readLayer } from './attachments.ts';
import type { AttachmentPlace } from './attachments.ts';
import { writeBlob } from './blob-content.ts';
import { compilePolicy } from './identity-policy.ts';
import { judge } from './judgement.ts';
import { linksOf } from './manifest-links.ts';
import type { MendingContext } from './signature-mending.ts';
import { parseAttachmentTag } from './signature-set.ts';
import type { AttachmentName } from './signature-set.ts';
import type { SourceSignatures } from './source-signatures.ts';

export interface MergeRequest {
  readonly source: SourceSignatures;
  readonly mirror: RepositoryName;
  /** Points to something else on the mirror than at the source. */
  readonly tag: Tag;
  /** Copies a manifest of the source to the mirror by digest; whether that worked. */
  readonly bring: (digest: Digest) => Promise<boolean>;
}

/** How a difference was dealt with. */
export interface MergeOutcome {
  /** `kept`: the mirror had everything that the source has. */
  readonly kind: 'replaced' | 'merged' | 'kept';
  /** A difference that remains on purpose. */
  readonly accepted?: readonly [source: Digest, mirror: Digest];
}

interface Difference extends MergeRequest, AttachmentName {
  readonly offered: ManifestContent;
  readonly found: ManifestContent;
}

/**
 * Makes a mirror's tag say what the source's says. What only the mirror has stays beside it when it verifies, whoever made
 * it, and where the source's cannot be judged either (made with a key that is not known here) also when it may.
 *
 * @returns nothing when the difference has gone, or the copy has failed
 * @throws PromoterError `SignatureInvalid` when the mirror's verifies and the source's does not: then nothing is touched
 */
export async function mergeAttachment(
  context: MendingContext,
  request: MergeRequest,
): Promise<MergeOutcome | undefined> {
  const { source, mirror, tag } = request;
  const name = parseAttachmentTag(tag);
  const digest = await source.digestOf(tag);
  if (name === undefined || digest === undefined) return undefined;
  return context.locks.hold(mirror, name.subject, async () => {
    const [offered, found] = await Promise.all([
      context.registry.getManifest(source.repository, digest),
      context.registry.getManifest(mirror, tag),
    ]);
    if (offered === undefined || found?.digest === offered.digest) return undefined;
    if (found === undefined) return replace(context, { ...request, offered });
    const difference = { ...request, ...name, offered, found };
    switch (name.kind) {
      case 'sig':
      case 'att':
        return mergeLayers(context, difference);
      case 'referrers':
        return mergeReferrers(context, difference);
      // Nobody signs these, so there is nothing about them that could verify.
      case 'sbom':
        return replace(context, difference);
    }
  });
}

async function replace(
  { registry }: MendingContext,
  { bring, mirror, tag, offered }: MergeRequest & Pick<Difference, 'offered'>,
): Promise<MergeOutcome | undefined> {
  if (!(await bring(offered.digest))) return undefined;
  await registry.putManifest(mirror, tag, offered);
  return { kind: 'replaced' };
}

async function mergeLayers(context: MendingContext, difference: Difference): Promise<MergeOutcome | undefined> {
  const { source, mirror, tag, offered, found, bring } = difference;
  const { registry } = context;
  const wanted = layersIn(offered);
  const known = new Set(wanted.map(layerKey));
  const present = layersIn(found);
  const isExtra = (layer: (typeof present)[number]): boolean => !known.has(layerKey(layer));
  if (!present.some(isExtra)) return replace(context, difference);

  const [ours, theirs] = await Promise.all([
    weigh(context, difference, source.repository, offered),
    weigh(context, difference, mirror, found),
  ]);
  const best = Math.max(0, ...ours.map(({ weight }) => weight));
  const extras = theirs.filter(({ layer, weight }) => isExtra(layer) && weight > 0 && weight >= best);
  if (extras.length === 0) return replace(context, difference);
  if (extras.some(({ weight }) => weight > best)) {
    throw new PromoterError(
      'SignatureInvalid',
      `what ${source.repository}:${tag} points to does not verify, and what ${mirror} has may: it is left alone; look at the source's signature`,
    );
  }
  const all = [...wanted, ...extras.map(({ layer }) => layer)];
  const there = new Set(present.map(layerKey));
  if (all.length === present.length && all.every((layer) => there.has(layerKey(layer)))) {
    return { kind: 'kept', accepted: [offered.digest, found.digest] };
  }
  if (!(await bring(offered.digest))) return undefined;
  const { manifest, config } = layeredManifest(all);
  await writeBlob(registry, mirror, config);
  await registry.putManifest(mirror, tag, manifest);
  return { kind: 'merged', accepted: [offered.digest, manifest.digest] };
}

/** A layer, and what it is worth: 0 when it is certain not to verify, 1 when nobody here can tell, 2 when it verifies. */
interface WeighedLayer {
  readonly layer: Descriptor;
  readonly weight: 0 | 1 | 2;
}

const WEIGHTS = { verified: 2, 'untrusted-identity': 2, unverifiable: 1, invalid: 0 } as const;

/** Judges a tag's layers, whoever made them. */
async function weigh(
  { registry, trust }: MendingContext,
  { kind, subject }: AttachmentName,
  repository: RepositoryName,
  content: ManifestContent,
): Promise<readonly WeighedLayer[]> {
  const place: AttachmentPlace = { registry, repository, digest: subject };
  const format = kind === 'sig' ? 'sig-tag' : 'att-tag';
  const options = { digest: subject, trust: await trust(), policy: compilePolicy({}) };
  return pMap(
    layersIn(content),
    async (layer) => ({ layer, weight: WEIGHTS[judge(await readLayer(place, format, layer), options).status] }),
    { concurrency: 8 },
  );
}

async function mergeReferrers(context: MendingContext, difference: Difference): Promise<MergeOutcome | undefined> {
  const { source, mirror, tag, subject, offered, found, bring } = difference;
  const { registry, pushReferrer } = context;
  const wanted = linksOf(offered).manifests;
  const present = new Set(linksOf(found).manifests);
  const isWanted = new Set(wanted);
  const others = await pMap(
    [...present].filter((digest) => !isWanted.has(digest)),
    (digest) => registry.headManifest(mirror, digest),
    { concurrency: 8 },
  );
  // What the list says and the mirror does not have is of no use to anybody.
  if (others.every((head) => head === undefined)) return replace(context, difference);
  const missing = wanted.filter((digest) => !present.has(digest));
  if (missing.length === 0) return { kind: 'kept', accepted: [offered.digest, found.digest] };
  for (const digest of missing) {
    const manifest = await registry.getManifest(source.repository, digest);
    if (manifest === undefined) continue;
    if (!(await bring(digest))) return undefined;
    await pushReferrer(mirror, { digest: subject }, manifest);
  }
  const after = await registry.headManifest(mirror, tag);
  return { kind: 'merged', ...(after === undefined ? {} : { accepted: [offered.digest, after.digest] }) };
}
