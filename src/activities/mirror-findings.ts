import type { PromoterError } from '../errors.ts';
import type { Comparison } from '../plan/replication-pairs.ts';
import type { RepositoryName } from '../reference.ts';
import type { SignatureGap } from '../signing/signature-gap.ts';
import type { MirrorMending } from '../signing/signature-mending.ts';
import type { MendedPair, ReplicationCounts, ReplicationResidue } from '../workflows/replication-messages.ts';

/** Of each mirror that is reported; the count is of all. */
const TAGS_NAMED = 5;

/** What the checkpoint keeps of a mirror's content. */
export function contentOf(
  { present, read, missing, differing, referrers, damaged }: SignatureGap,
  mended: boolean,
): Comparison['content'] {
  return {
    present,
    read,
    damaged: mended ? [] : damaged.map(({ root }) => root.digest),
    held: present.length + missing.length + differing.length + referrers.length,
  };
}

/** What was found and done, counted over the mirrors of one source. */
export function countsOf(
  gaps: readonly SignatureGap[],
  mendings: ReadonlyMap<RepositoryName, MirrorMending>,
): ReplicationCounts {
  const sum = (of: (gap: SignatureGap) => number): number => gaps.reduce((total, gap) => total + of(gap), 0);
  const written = [...mendings.values()].reduce(
    (total, { copied, replaced, merged, referrers, repaired }) =>
      total + copied + replaced + merged + referrers + repaired,
    0,
  );
  return {
    listed: 1,
    compared: gaps.length,
    read: sum(({ read }) => read.length),
    missing: sum(({ missing }) => missing.length),
    differing: sum(({ differing }) => differing.length),
    referrers: sum(({ referrers }) => referrers.length),
    damaged: sum(({ damaged }) => damaged.length),
    written,
  };
}

/** What a mirror no longer had, for the report. */
export function mendedPair(
  source: RepositoryName,
  { mirror, missing, differing, referrers, damaged }: SignatureGap,
): MendedPair {
  const roots = damaged.map(({ root }) => root);
  const tags = [...missing, ...differing, ...roots.flatMap(({ tag }) => tag ?? [])];
  const digests = [...referrers, ...roots.filter(({ tag }) => tag === undefined)].map(({ digest }) => digest);
  return { source, mirror, tags: tags.slice(0, TAGS_NAMED), referrers: digests.slice(0, TAGS_NAMED) };
}

/** What could not be done, for the report. */
export function residueOf(
  source: RepositoryName,
  mirror: RepositoryName,
  { code, message }: PromoterError,
): ReplicationResidue {
  return { source, mirror, reason: code, message: message.slice(0, 500) };
}
