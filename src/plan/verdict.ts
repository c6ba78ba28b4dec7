import type { Digest, RepositoryName, Tag } from '../reference.ts';
import { formatReference } from '../reference.ts';
import type { Inventory } from './inventory.ts';

/** What the plan says of an edge (design, section 2); `unreadable` is a destination that could not be asked. */
export type Verdict = 'promote' | 'tag-missing' | 'done' | 'lost' | 'tag-move' | 'overlap' | 'unreadable';

/** How many edges got which verdict. */
export type VerdictCounts = Readonly<Partial<Record<Verdict, number>>>;

/** One wish for one endpoint: this digest of this source repository, there, under this tag (or none). */
export interface Edge {
  readonly source: RepositoryName;
  readonly digest: Digest;
  readonly destination: RepositoryName;
  readonly tag?: Tag;
}

/** What is to be done about an edge once both ends have been read, with a sentence where people must know why. */
export type Judgement =
  | { readonly verdict: 'promote' | 'tag-missing' }
  | { readonly verdict: 'done'; readonly warning?: string }
  | { readonly verdict: 'lost' | 'tag-move'; readonly message: string };

/**
 * Judges an edge by kpromo's table (reference: its `FilterPromotionEdges`), with one difference: an edge whose source is
 * missing *and* whose tag points elsewhere says both.
 */
export function judge(edge: Edge, inSource: boolean, destination: Inventory): Judgement {
  const { digest, tag } = edge;
  const held = tag === undefined ? undefined : destination.tags.get(tag);
  if (held === digest) return { verdict: 'done' };
  if (tag === undefined && destination.digests.has(digest)) {
    return inSource ? { verdict: 'done' } : { verdict: 'done', warning: backfill(edge) };
  }
  const moved = held === undefined ? undefined : tagMove(edge, held);
  if (!inSource)
    return { verdict: 'lost', message: moved === undefined ? lost(edge) : `${lost(edge)}; besides, ${moved}` };
  if (moved !== undefined) return { verdict: 'tag-move', message: moved };
  return { verdict: destination.digests.has(digest) ? 'tag-missing' : 'promote' };
}

function lost({ source, digest }: Edge): string {
  return `${formatReference(source, digest)} is _LOST_ (can't find it in src registry!)`;
}

function backfill({ source, destination, digest }: Edge): string {
  return `${formatReference(destination, digest)} is already promoted, but it is still _LOST_ in ${source}; please backfill it!`;
}

function tagMove({ destination, tag, digest }: Edge, held: Digest): string {
  return `tag '${tag}' in dest ${destination} points to ${held}, not ${digest}; tag moves are not supported`;
}
