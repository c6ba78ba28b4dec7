import type { Digest, RepositoryName } from '../reference.ts';
import type { PairState } from './replication-checkpoint.ts';

/** A pair that nobody has compared yet. */
export function metAt(mirror: RepositoryName, now: number): PairState {
  return { mirror, checkedAt: now, verified: false };
}

/** A pair of which it is known, or feared, that the mirror lacks something. */
export function behind(mirror: RepositoryName, before: PairState | undefined, now: number): PairState {
  const { hash: _, ...rest } = before ?? metAt(mirror, now);
  return { ...rest, behindSince: before?.behindSince ?? now };
}

/** A pair of which the mirror has what it is to have. */
export function equalAt(
  mirror: RepositoryName,
  before: PairState | undefined,
  found: {
    readonly hash: string;
    /** Whether everything was compared, and not names alone. */
    readonly compared: boolean;
    /** Whether all that it holds was read back, or has been written now. */
    readonly read: boolean;
    readonly accepted: Readonly<Record<string, readonly [source: Digest, mirror: Digest]>>;
    readonly now: number;
  },
): PairState {
  const { hash, compared, read, now } = found;
  const accepted = { ...before?.accepted, ...found.accepted };
  const { checkedAt, verified } = compared ? { checkedAt: now, verified: true } : (before ?? metAt(mirror, now));
  const readAt = read ? now : before?.readAt;
  return {
    mirror,
    hash,
    checkedAt,
    verified,
    ...(readAt === undefined ? {} : { readAt }),
    ...(Object.keys(accepted).length === 0 ? {} : { accepted }),
  };
}
