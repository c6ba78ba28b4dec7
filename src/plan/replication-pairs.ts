import type { Digest, RepositoryName } from '../reference.ts';
import { readingAfter, unread, type ReadingVisit } from './content-reading.ts';
import type { PairState } from './replication-checkpoint.ts';

/** What was found out about a mirror by comparing it with its source. */
export interface Comparison {
  /** Hash of the source's signatures, where the mirror has all of them by now. */
  readonly hash?: string;
  /** Whether everything was compared, and not names alone. */
  readonly compared: boolean;
  readonly accepted: Readonly<Record<string, readonly [source: Digest, mirror: Digest]>>;
  readonly content: Omit<ReadingVisit, 'complete' | 'now'>;
}

/** A pair that nobody has compared yet. */
export function metAt(mirror: RepositoryName, now: number): PairState {
  return { mirror, checkedAt: now, verified: false, reading: unread(now) };
}

/** A pair that could not be compared, so that it is feared that the mirror lacks something. */
export function unreachable(mirror: RepositoryName, before: PairState | undefined, now: number): PairState {
  const { hash: _, ...rest } = before ?? metAt(mirror, now);
  return { ...rest, behindSince: before?.behindSince ?? now };
}

/** A pair that was compared: equal by now, or behind. */
export function compared(
  mirror: RepositoryName,
  before: PairState | undefined,
  found: Comparison,
  now: number,
): PairState {
  const known = before ?? metAt(mirror, now);
  const accepted = { ...known.accepted, ...found.accepted };
  const { checkedAt, verified } = found.compared ? { checkedAt: now, verified: true } : known;
  const reading = known.reading ?? unread(known.checkedAt);
  return {
    mirror,
    checkedAt,
    verified,
    reading: readingAfter(reading, { ...found.content, complete: found.compared, now }),
    ...(found.hash === undefined ? { behindSince: known.behindSince ?? now } : { hash: found.hash }),
    ...(Object.keys(accepted).length === 0 ? {} : { accepted }),
  };
}
