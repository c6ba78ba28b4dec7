import type { Digest, Tag } from '../reference.ts';

/** How far reading back what a mirror holds has come. Times are milliseconds since the epoch. */
export interface ContentReading {
  /** When all of it had last been read back, or written; or when the pair was first met if that has not been. */
  readonly finishedAt: number;
  /** Whether that has been. */
  readonly whole: boolean;
  /** How many attachments the mirror is to have. */
  readonly held: number;
  /** In between: the last one that was read, in the order of their digests, and how many come after it. */
  readonly place?: { readonly after: string; readonly left: number };
  /** Those that were damaged and could not be mended: they are read in every run until they are whole. */
  readonly damaged?: readonly Digest[];
}

/** Something attached, under its tag or by its digest alone. */
interface Attachment {
  readonly digest: Digest;
  readonly tag?: Tag;
}

/** What one comparison of a mirror with its source did about its content. */
export interface ReadingVisit {
  /** What the mirror was found to have. */
  readonly present: readonly Attachment[];
  /** Which of it was read back. */
  readonly read: readonly Attachment[];
  /** What of that could not be mended. */
  readonly damaged: readonly Digest[];
  /** How many attachments it is to have, those that it lacked included. */
  readonly held: number;
  /** Whether `present` is all that it has. */
  readonly complete: boolean;
  readonly now: number;
}

/** Nothing of a pair that was just met has been read. */
export function unread(now: number): ContentReading {
  return { finishedAt: now, whole: false, held: 0 };
}

/** How many attachments are to be read until all have been. */
export function leftToRead({ held, place }: ContentReading): number {
  return place?.left ?? held;
}

/** Which attachments are read now: those that were damaged, and the next few in the order of their digests. */
export function turnsOf<T extends Attachment>(
  reading: ContentReading | undefined,
  present: readonly T[],
  limit: number,
): readonly T[] {
  const damaged = new Set(reading?.damaged);
  const next = new Set(after(reading, present).slice(0, limit));
  return present.filter((one) => next.has(one) || damaged.has(one.digest));
}

/** How far reading has come after a visit; no further where it did not show all that the mirror has. */
export function readingAfter(before: ContentReading, visit: ReadingVisit): ContentReading {
  const { present, read, held, complete, now } = visit;
  if (!complete) return before;
  const { finishedAt, whole, place } = before;
  const damaged = visit.damaged.length === 0 ? {} : { damaged: visit.damaged };
  const done = new Set(read);
  const ordered = after(before, present);
  const next = ordered.findIndex((one) => !done.has(one));
  if (next === -1 || read.length === present.length) return { finishedAt: now, whole: true, held, ...damaged };
  const last = ordered[next - 1];
  const reached = last === undefined ? place?.after : keyOf(last);
  const left = ordered.length - next;
  return {
    finishedAt,
    whole,
    held,
    ...(reached === undefined ? {} : { place: { after: reached, left } }),
    ...damaged,
  };
}

function after<T extends Attachment>(reading: ContentReading | undefined, present: readonly T[]): readonly T[] {
  const place = reading?.place?.after ?? '';
  return present.filter((one) => keyOf(one) > place).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf({ digest, tag }: Attachment): string {
  return `${digest} ${tag ?? ''}`;
}
