import { createHash } from 'node:crypto';
import type { Digest, Tag } from '../reference.ts';
import type { RepositoryListing } from '../registry/registry.ts';

/** What a tag says it holds: cosign's signatures, attestations and bills of materials, or the list of referrers. */
export type AttachmentKind = 'sig' | 'att' | 'sbom' | 'referrers';

/** What is attached to a digest under a tag. */
export interface AttachmentName {
  readonly subject: Digest;
  readonly kind: AttachmentKind;
}

/** A manifest whose `subject` is another one (image specification 1.1). */
export interface Referrer {
  readonly digest: Digest;
  readonly subject: Digest;
}

/** What a listing tells of the signatures in a repository. */
export interface SignatureSet {
  /** Tags by which something is attached, and what they point to; undefined where the listing gave names only. */
  readonly tags: ReadonlyMap<Tag, Digest | undefined>;
  /** Every manifest; absent where the listing gave names only. */
  readonly digests?: ReadonlySet<Digest>;
  /** Manifests without any tag: children of indexes, images promoted by digest, and referrers. */
  readonly untagged: ReadonlySet<Digest>;
}

const ATTACHMENT = /^sha256-(?<hex>[0-9a-f]{64})(?:\.(?<kind>sig|att|sbom))?$/;

/**
 * What is attached under a tag; nothing under other tags (cosign, specs/SIGNATURE_SPEC.md, "Tag-based Discovery";
 * distribution specification 1.1, "Referrers Tag Schema").
 */
export function parseAttachmentTag(tag: string): AttachmentName | undefined {
  const { hex, kind = 'referrers' } = ATTACHMENT.exec(tag)?.groups ?? {};
  if (hex === undefined) return undefined;
  return { subject: `sha256:${hex}` as Digest, kind: kind as AttachmentKind };
}

/** Picks the signatures out of a listing. */
export function signatureSetOf(listing: RepositoryListing): SignatureSet {
  if (listing.kind === 'names') {
    const attached = [...listing.tags].filter((tag) => parseAttachmentTag(tag) !== undefined);
    return { tags: new Map(attached.map((tag) => [tag, undefined])), untagged: new Set() };
  }
  const tags = new Map<Tag, Digest>();
  const untagged = new Set<Digest>();
  for (const [digest, carried] of listing.digests) {
    if (carried.length === 0) untagged.add(digest);
    for (const tag of carried) if (parseAttachmentTag(tag) !== undefined) tags.set(tag, digest);
  }
  return { tags, digests: new Set(listing.digests.keys()), untagged };
}

/**
 * A text that is equal for equal sets of signatures.
 *
 * @param scope what else decides which signatures a mirror is to have
 */
export function hashSignatures({ tags }: SignatureSet, referrers: readonly Referrer[], scope: string): string {
  const lines = [
    ...[...tags].map(([tag, digest]) => `${tag} ${digest ?? ''}`),
    ...referrers.map(({ digest, subject }) => `${subject} ${digest}`),
  ];
  const hash = createHash('sha256').update(scope);
  for (const line of lines.sort()) hash.update(`\n${line}`);
  return hash.digest('hex');
}
