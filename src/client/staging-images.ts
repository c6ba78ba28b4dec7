import { PromoterError } from '../errors.ts';
import type { Digest, Tag } from '../reference.ts';
import type { Snapshot } from './snapshot-text.ts';

/** Which images of a staging registry are meant; an empty list of names or digests means all. */
export interface ImageFilter {
  readonly tags: readonly string[];
  readonly images: readonly string[];
  readonly digests: readonly string[];
}

/** Images that are there for tests, and are never promoted. */
const MOCK = 'mock/';

/**
 * The images of a staging registry to be promoted, with the wanted ones of their tags (`kpromo pr`'s filters).
 *
 * @throws PromoterError `UsageInvalid` when `latest` is wanted, or nothing is left
 */
export function chooseImages(held: Snapshot, { tags, images, digests }: ImageFilter): Snapshot {
  if (tags.includes('latest'))
    throw new PromoterError('UsageInvalid', '--filter_tag cannot be "latest" (anti-pattern)');
  const chosen = new Map<string, ReadonlyMap<Digest, readonly Tag[]>>();
  for (const [name, entries] of held) {
    if (name.includes(MOCK) || (images.length > 0 && !images.includes(name))) continue;
    const wanted = [...entries]
      .filter(([digest]) => digests.length === 0 || digests.includes(digest))
      .map(([digest, carried]) => [digest, carried.filter((tag) => tags.includes(tag)).toSorted()] as const)
      .filter(([, carried]) => carried.length > 0);
    if (wanted.length > 0) chosen.set(name, new Map(wanted.toSorted(byTags)));
  }
  if (chosen.size > 0) return new Map([...chosen].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  throw new PromoterError(
    'UsageInvalid',
    'no images survived filtering; double-check your --filter_* flag(s) for typos (--tag, --image, --digests)',
  );
}

function byTags([a, aTags]: readonly [Digest, readonly Tag[]], [b, bTags]: readonly [Digest, readonly Tag[]]): number {
  return `${aTags.join(' ')} ${a}` < `${bTags.join(' ')} ${b}` ? -1 : 1;
}
