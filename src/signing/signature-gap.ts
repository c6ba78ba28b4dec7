import pMap from 'p-map';
import type { Digest, RepositoryName, Tag } from '../reference.ts';
import type { Registry } from '../registry/registry.ts';
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
  /** Tags that the source does not have. */
  readonly surplus: readonly Tag[];
  /** Whether everything was compared: listings of names alone do not tell what a tag points to. */
  readonly compared: boolean;
}

export interface GapRequest {
  readonly mirror: RepositoryName;
  /** Ask for what a listing of names does not tell, tag by tag and digest by digest. */
  readonly probe: boolean;
  /** Whether the mirror is to hold what is attached to a digest. */
  readonly wants: (subject: Digest) => boolean;
  /** Differences that were looked into and may stay: by tag, what the source and what the mirror has. */
  readonly accepted: Readonly<Record<string, readonly [source: Digest, mirror: Digest]>>;
}

const PROBES_AT_ONCE = 16;

/** Compares a mirror with its source: one listing, and probes where that is not enough. @throws PromoterError the registry's errors */
export async function findGap(
  registry: Pick<Registry, 'listRepository' | 'headManifest' | 'listReferrers'>,
  source: SourceSignatures,
  request: GapRequest,
): Promise<SignatureGap> {
  const { mirror, probe, wants, accepted } = request;
  const held = signatureSetOf(await registry.listRepository(mirror));
  const missing: Tag[] = [];
  const differing: Tag[] = [];
  const unclear: Tag[] = [];

  function compare(tag: Tag, offered: Digest, found: Digest): void {
    const [from, to] = accepted[tag] ?? [];
    if (offered !== found && !(from === offered && to === found)) differing.push(tag);
  }

  for (const [tag, offered] of source.set.tags) {
    const name = parseAttachmentTag(tag);
    if (name === undefined || !wants(name.subject)) continue;
    const found = held.tags.get(tag);
    if (!held.tags.has(tag)) missing.push(tag);
    else if (offered === undefined || found === undefined) unclear.push(tag);
    else compare(tag, offered, found);
  }
  if (probe) {
    await pMap(
      unclear,
      async (tag) => {
        const offered = await source.digestOf(tag);
        if (offered === undefined) return;
        const found = held.tags.get(tag) ?? (await registry.headManifest(mirror, tag))?.digest;
        if (found === undefined) missing.push(tag);
        else compare(tag, offered, found);
      },
      { concurrency: PROBES_AT_ONCE },
    );
  }
  const subjects = await subjectsToAsk(source, missing, probe);
  const referrers = await missingReferrers(registry, source, held, mirror, subjects.filter(wants));
  const listingsTell = source.set.digests !== undefined && held.digests !== undefined;
  const surplus = [...held.tags.keys()].filter((tag) => !source.set.tags.has(tag));
  return { mirror, missing, differing, referrers, surplus, compared: probe || listingsTell };
}

/** Whether a mirror has everything. */
export function isClosed({ missing, differing, referrers }: SignatureGap): boolean {
  return missing.length + differing.length + referrers.length === 0;
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
  source: SourceSignatures,
  held: SignatureSet,
  mirror: RepositoryName,
  subjects: readonly Digest[],
): Promise<readonly Referrer[]> {
  const offered = await referrersOfAll(source, subjects);
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
