import type { Digest, RepositoryName, Tag } from '../reference.ts';
import type { Group, GroupTarget, ResidueEntry } from './document.ts';

/** How people name edges: a digest at a destination, or what a tag there is to become. One of `digest` and `tag` is there. */
export interface EdgeName {
  readonly digest?: string;
  readonly destination: string;
  /** Absent: under whatever tags. */
  readonly tag?: string;
}

/** An operator's order to keep edges back. */
export interface WithheldOrder extends EdgeName {
  readonly by?: string;
  readonly reason?: string;
}

/** The reason in the quarantine of an edge that an operator keeps back. */
export const WITHHELD = 'withheld';

/** A group without what is withheld, and what is. */
export interface SplitGroup {
  readonly open: Group;
  readonly kept: readonly ResidueEntry[];
}

/** Takes out of a group what operators keep back: whole destinations, or some of their tags. */
export function splitWithheld(group: Group, orders: readonly WithheldOrder[]): SplitGroup {
  const open: GroupTarget[] = [];
  const kept: ResidueEntry[] = [];
  for (const target of group.targets) {
    const edges = target.tags.length === 0 ? [undefined] : target.tags;
    const marked = edges.map((tag) => ({ tag, order: orderFor(orders, group.digest, target.repository, tag) }));
    for (const [order, tags] of Map.groupBy(marked, (edge) => edge.order)) {
      const part = { ...target, tags: tags.flatMap(({ tag }) => tag ?? []) };
      if (order === undefined) open.push(part);
      else kept.push(keptBack({ ...group, targets: [part] }, order));
    }
  }
  return { open: { ...group, targets: open }, kept };
}

function orderFor(
  orders: readonly WithheldOrder[],
  digest: Digest,
  destination: RepositoryName,
  tag: Tag | undefined,
): WithheldOrder | undefined {
  return orders.find(
    (order) =>
      order.destination === destination &&
      (order.digest === undefined || order.digest === digest) &&
      (order.tag === undefined || order.tag === tag),
  );
}

function keptBack(group: Group, { by, reason }: WithheldOrder): ResidueEntry {
  const message = `kept back by ${by ?? 'an operator'}${reason === undefined ? '' : `: ${reason}`}`;
  return { group, reason: WITHHELD, message, transient: false };
}
