import pMap from 'p-map';
import type { Digest, RepositoryName, Tag } from '../reference.ts';
import type { Registry } from '../registry/registry.ts';
import { findDamage } from './content-damage.ts';
import type { AttachmentRoot, Damage } from './content-damage.ts';
import { parseAttachmentTag, signatureSetOf } from './signature-set.ts';
import type { Referrer, SignatureSet } from './signature-set.ts';
import { referrersOfAll } from './source-signatures.ts';
import type { SourceSignatures } from './source-signatures.ts';

/** What a mirror lacks of its source's signatures. */
export interface SignatureGap {
  readonly mirror: RepositoryName;
  readonly missing: readonly Tag[];
  /** Tags that point elsewhere than at the source. */
  readonly differing: readonly Tag[];
  readonly referrers: readonly Referrer[];
  /** What it has and does not give back whole; known only where it was read. */
  readonly damaged: readonly Damage[];
  /** What it has of its source's: under tags that are the same, and as referrers. */
  readonly present: readonly AttachmentRoot[];
  /** Which of these were read back. */
  readonly read: readonly AttachmentRoot[];
  /** Tags that the source does not have. */
  readonly surplus: readonly Tag[];
  /** Whether everything was compared: listings of names alone do not tell what a tag points to. */
  readonly compared: boolean;
}

export interface GapRequest {
  readonly mirror: RepositoryName;
  /** Ask for what a listing of names does not tell, tag by tag and digest by digest. */
  readonly probe: boolean;
  /** Which of what the mirror has are read back; without a probe, a listing of names shows only some of it. */
  readonly reads: (present: readonly AttachmentRoot[]) => readonly AttachmentRoot[];
  /** Whether the mirror is to hold what is attached to a digest. */
  readonly wants: (subject: Digest) => boolean;
  /** Differences that were looked into and may stay: by tag, what the source and what the mirror has. */
  readonly accepted: Readonly<Record<string, readonly [source: Digest, mirror: Digest]>>;
}

const PROBES_AT_ONCE = 16;

type GapRegistry = Pick<Registry, 'listRepository' | 'headManifest' | 'listReferrers' | 'getManifest' | 'openBlob'>;

/**
 * Compares a mirror with its source: one listing, and probes where that is not enough. Reading takes a request more for
 * each manifest and each blob.
 *
 * @throws PromoterError the registry's errors
 */
export async function findGap(
  registry: GapRegistry,
  source: SourceSignatures,
  request: GapRequest,
): Promise<SignatureGap> {
  const { mirror, probe, reads, wants } = request;
  const held = signatureSetOf(await registry.listRepository(mirror));
  const { missing, differing, same } = await compareTags(registry, source, held, request);
  const subjects = await subjectsToAsk(source, missing, probe);
  const offered = await referrersOfAll(source, subjects.filter(wants));
  const referrers = await missingReferrers(registry, offered, held, mirror);
  const lacking = new Set(referrers.map(({ digest }) => digest));
  const present = [...same, ...offered.filter(({ digest }) => !lacking.has(digest))];
  const read = reads(present);
  const damaged = await findDamage({ registry, repository: mirror, source: source.repository }, read);
  const surplus = [...held.tags.keys()].filter((tag) => !source.set.tags.has(tag));
  const compared = probe || (source.set.digests !== undefined && held.digests !== undefined);
  return { mirror, missing, differing, referrers, damaged, present, read, surplus, compared };
}

interface TagComparison {
  readonly missing: readonly Tag[];
  readonly differing: readonly Tag[];
  readonly same: readonly AttachmentRoot[];
}

async function compareTags(
  registry: GapRegistry,
  source: SourceSignatures,
  held: SignatureSet,
  { mirror, probe, wants, accepted }: GapRequest,
): Promise<TagComparison> {
  const missing: Tag[] = [];
  const differing: Tag[] = [];
  const same: AttachmentRoot[] = [];
  const unclear: { readonly tag: Tag; readonly subject: Digest }[] = [];

  function compare(tag: Tag, subject: Digest, offered: Digest, found: Digest): void {
    const [from, to] = accepted[tag] ?? [];
    if (offered !== found && !(from === offered && to === found)) differing.push(tag);
    else same.push({ digest: found, subject, tag });
  }

  for (const [tag, offered] of source.set.tags) {
    const name = parseAttachmentTag(tag);
    if (name === undefined || !wants(name.subject)) continue;
    const found = held.tags.get(tag);
    if (!held.tags.has(tag)) missing.push(tag);
    else if (offered === undefined || found === undefined) unclear.push({ tag, subject: name.subject });
    else compare(tag, name.subject, offered, found);
  }
  if (probe) {
    await pMap(
      unclear,
      async ({ tag, subject }) => {
        const offered = await source.digestOf(tag);
        if (offered === undefined) return;
        const found = held.tags.get(tag) ?? (await registry.headManifest(mirror, tag))?.digest;
        if (found === undefined) missing.push(tag);
        else compare(tag, subject, offered, found);
      },
      { concurrency: PROBES_AT_ONCE },
    );
  }
  return { missing, differing, same };
}

/** Whether a mirror has everything. */
export function isClosed({
  missing,
  differing,
  referrers,
  damaged,
}: Pick<SignatureGap, 'missing' | 'differing' | 'referrers' | 'damaged'>): boolean {
  return missing.length + differing.length + referrers.length + damaged.length === 0;
}

// A source that lists names only is asked about every digest in probes; in between, where a signature came to be.
async function subjectsToAsk(
  source: SourceSignatures,
  missing: readonly Tag[],
  probe: boolean,
): Promise<readonly Digest[]> {
  if (source.set.digests !== undefined || probe) return source.subjects();
  return [...new Set(missing.flatMap((tag) => parseAttachmentTag(tag)?.subject ?? []))];
}

async function missingReferrers(
  registry: Pick<Registry, 'listReferrers'>,
  offered: readonly Referrer[],
  held: SignatureSet,
  mirror: RepositoryName,
): Promise<readonly Referrer[]> {
  const { digests } = held;
  if (digests !== undefined) return offered.filter(({ digest }) => !digests.has(digest));
  const bySubject = [...Map.groupBy(offered, ({ subject }) => subject)];
  const lacking = await pMap(
    bySubject,
    async ([subject, wanted]) => {
      const listed = new Set((await registry.listReferrers(mirror, subject)).map(({ digest }) => digest));
      return wanted.filter(({ digest }) => !listed.has(digest));
    },
    { concurrency: PROBES_AT_ONCE },
  );
  return lacking.flat();
}
