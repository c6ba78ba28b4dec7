import { createHash } from 'node:crypto';
import type { Tag } from '../reference.ts';

const LONGEST_TAG = 128;
/** Stands for `/`, which no tag may have, as no name of the plan store has capitals. */
const SLASH = 'S';
const HASHED = 'H-';

/** Stands beside the names in a repository where a name was ever removed that could not be deleted. */
export const REMOVED_TAG = 'Removed' as Tag;

/** The tag that a name of the plan store gets: readable, and its hash where it is too long for a tag. */
export function tagOfName(name: string): Tag {
  const tag = name.replaceAll('/', SLASH);
  return (tag.length <= LONGEST_TAG ? tag : HASHED + createHash('sha256').update(name).digest('hex')) as Tag;
}

/** The name that a tag stands for; undefined when the tag does not tell. */
export function nameOfTag(tag: Tag): string | undefined {
  const name = tag.replaceAll(SLASH, '/');
  return /^[a-z0-9._/-]+$/.test(name) ? name : undefined;
}

/** Whether a tag stands for a name that is too long to be read off it. */
export function isHashedTag(tag: Tag): boolean {
  return tag.startsWith(HASHED);
}

/** The tag of one of the manifests by which a process keeps registries from collecting what it has put. */
export function tagOfPin(process: string, number: number): Tag {
  return `P-${process}-${number}` as Tag;
}
