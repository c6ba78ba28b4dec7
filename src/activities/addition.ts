import { cancellationSignal } from '@temporalio/activity';
import { PromoterError } from '../errors.ts';
import { redirect, settledElsewhere } from '../plan/addition.ts';
import { assemblePlan, destinationsOf } from '../plan/assembly.ts';
import { getDocument, putDocument, putEdges, type ShardIndex } from '../plan/document.ts';
import { draftPlan } from '../plan/draft.ts';
import type { InventoryReader } from '../plan/inventory.ts';
import { judgeWishes } from '../plan/judgement.ts';
import { recordName } from '../plan/records.ts';
import { wishesOf } from '../plan/wish.ts';
import { hostOf, type Digest, type RegistryName } from '../reference.ts';
import type { PlanReference, PromotionReport, Worklist } from '../workflows/messages.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { readManifests } from './manifests.ts';
import { withPulse } from './pulse.ts';
import { readQuarantine } from './residue.ts';
import type { StoredRequest } from './request.ts';

export interface PlanDestinationInput {
  readonly run: string;
  readonly request: StoredRequest;
  /** What the run works through so far. */
  readonly worklist: string;
  readonly destination: string;
  /** The registry of the manifests that the destination is to be like. */
  readonly like?: string;
  /** Tells it from other destinations that were added to the run. */
  readonly number: number;
}

export interface PlanDestinationResult {
  /** The plan for the new destination alone. */
  readonly plan: PlanReference;
  /** What was worked through so far, and behind it the new plan. */
  readonly worklist: Worklist;
  readonly quarantine: PromotionReport['quarantine'];
  readonly warnings: readonly string[];
}

/**
 * Plans what manifests would ask for at one destination more, and appends that to what a run works through. Plans do not
 * change: the new one is a document of its own. Nothing is left behind when it fails.
 *
 * @throws PromoterError `RequestInvalid`, `PlanRejected` when the request is strict and an edge would be quarantined,
 *   `Registry*` when the destination does not take writes, `Store*`
 */
export function createPlanDestination({ registry, store }: ActivityDependencies, reader: InventoryReader) {
  return async function planDestination(input: PlanDestinationInput): Promise<PlanDestinationResult> {
    let shards = 0;
    return withPulse(
      () => ({ shards }),
      () => plan(input, () => shards++),
    );
  };

  async function plan(input: PlanDestinationInput, onShard: () => void): Promise<PlanDestinationResult> {
    const { run, request, destination, like, number } = input;
    const { manifests } = await readManifests(store, request);
    const { shards, overlaps } = draftPlan(redirect(manifests, destination as RegistryName, like));
    await registry.ping(hostOf(destination as RegistryName), { signal: cancellationSignal() });
    const wishes = wishesOf(manifests);
    const results: Digest[] = [];
    for (const shard of shards) {
      const judged = await judgeWishes(reader, shard, { broken: [], signal: cancellationSignal() });
      results.push(await putDocument(store, { ...judged, groups: settledElsewhere(judged.groups, wishes) }));
      onShard();
    }
    for (const repository of (await destinationsOf(store, results)).values()) {
      await registry.probeWrite(repository, { signal: cancellationSignal() });
    }
    const { quarantine, warnings, ...assembled } = await assemblePlan(store, results, []);
    const kept = [...overlaps, ...quarantine];
    if (request.strict === true && kept.length > 0) throw rejected(destination, kept.length, kept[0]?.message);
    const worklist = await append(input.worklist, assembled.digest);
    if (kept.length > 0)
      await store.point(recordName(run, 'quarantine', `added-${number}`), await putEdges(store, kept));
    return { plan: assembled, worklist, quarantine: await readQuarantine(store, run), warnings };
  }

  async function append(worklist: string, plan: Digest): Promise<Worklist> {
    const [first, second] = await Promise.all(
      [worklist as Digest, plan].map((index) => getDocument<ShardIndex>(store, index)),
    );
    const shards = [...(first?.shards ?? []), ...(second?.shards ?? [])];
    return { digest: await putDocument(store, { shards }), shards: shards.length };
  }
}

function rejected(destination: string, edges: number, why: string | undefined): PromoterError {
  return new PromoterError(
    'PlanRejected',
    `strict: ${destination} is not added, since ${edges} edges to it cannot be promoted: ${why}`,
  );
}
