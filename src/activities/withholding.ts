import { cancellationSignal } from '@temporalio/activity';
import pMap from 'p-map';
import { PromoterError } from '../errors.ts';
import { getDocument, putDocument, type Group, type Shard, type ShardIndex } from '../plan/document.ts';
import type { PlanStore } from '../plan/store.ts';
import { splitWithheld, type WithheldOrder } from '../plan/withheld.ts';
import type { Digest } from '../reference.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withPulse } from './pulse.ts';

export interface WithholdInput {
  /** The plan. */
  readonly index: string;
  /** What operators keep back by now. */
  readonly orders: readonly WithheldOrder[];
  /** The one of the orders that is new; absent when one was taken back. */
  readonly added?: WithheldOrder;
}

export interface WithholdResult {
  /** The orders in the plan store, by digest. */
  readonly list: string;
  /** Edges of the plan that the new order keeps back. */
  readonly edges: number;
  /** Edges that it names, and that are in production already. */
  readonly present: number;
}

const AT_ONCE = 16;

/**
 * Records what operators keep back, after a look at what the new order comes to.
 *
 * @throws PromoterError `RequestInvalid` when it names no edge of the plan, or only edges that are in production already;
 *   `Store*`
 */
export function createWithholdEdges({ registry, store }: ActivityDependencies) {
  return async function withholdEdges({ index, orders, added }: WithholdInput): Promise<WithholdResult> {
    return withPulse(
      () => undefined,
      async () => {
        const found = added === undefined ? { edges: 0, present: 0 } : await lookAt(index, added);
        return { list: await putDocument(store, orders), ...found };
      },
    );
  };

  async function lookAt(index: string, order: WithheldOrder): Promise<{ edges: number; present: number }> {
    const named = await edgesNamed(store, index, order);
    if (named.length === 0) throw nothingNamed(order);
    const present = await pMap(named, isPresent, { concurrency: AT_ONCE });
    const there = present.filter(Boolean).length;
    if (there === named.length) throw tooLate(order);
    return { edges: named.length - there, present: there };
  }

  // A destination that does not answer has to be kept from being written to as well.
  async function isPresent({ digest, targets }: Group): Promise<boolean> {
    const [target] = targets;
    if (target === undefined) return false;
    const [reference = digest] = target.tags;
    try {
      return (await registry.headManifest(target.repository, reference))?.digest === digest;
    } catch (error) {
      if (error instanceof PromoterError) return false;
      throw error;
    }
  }
}

/** What operators keep back, as it was when an activity began. @throws PromoterError `Store*` */
export async function readOrders(store: PlanStore, list: string | undefined): Promise<readonly WithheldOrder[]> {
  return list === undefined ? [] : getDocument<readonly WithheldOrder[]>(store, list as Digest);
}

/** Each edge of a plan that an order names, as a group of its own. */
async function edgesNamed(store: PlanStore, index: string, order: WithheldOrder): Promise<readonly Group[]> {
  const { shards } = await getDocument<ShardIndex>(store, index as Digest);
  const found = await pMap(
    shards,
    async (digest) => {
      const { groups } = await getDocument<Shard>(store, digest);
      return groups.flatMap((group) => splitWithheld(group, [order]).kept.flatMap((kept) => single(kept.group)));
    },
    { concurrency: AT_ONCE, signal: cancellationSignal() },
  );
  return found.flat();
}

function single(group: Group): readonly Group[] {
  return group.targets.flatMap((target) =>
    target.tags.length === 0
      ? [{ ...group, targets: [target] }]
      : target.tags.map((tag) => ({ ...group, targets: [{ ...target, tags: [tag] }] })),
  );
}

function nothingNamed({ digest, destination, tag }: WithheldOrder): PromoterError {
  const what = tag === undefined ? `${digest} at ${destination}` : `${destination}:${tag}`;
  const which = digest === undefined || tag === undefined ? '' : ` with ${digest}`;
  return new PromoterError(
    'RequestInvalid',
    `the plan has no edge ${what}${which}: nothing is kept back. It may be in production already; promoter plan shows what is to be done`,
  );
}

function tooLate({ destination, tag, digest }: WithheldOrder): PromoterError {
  const what = tag === undefined ? `${destination}@${digest}` : `${destination}:${tag}`;
  return new PromoterError('RequestInvalid', `${what} is in production already: nothing is left to keep back`);
}
