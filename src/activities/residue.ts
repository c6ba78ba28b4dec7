import { quarantineTarget, reshard } from '../plan/assembly.ts';
import {
  getDocument,
  getEdges,
  groupEdges,
  putDocument,
  putEdges,
  type Group,
  type GroupTarget,
  type ResidueEntry,
} from '../plan/document.ts';
import type { QuarantinedEdge } from '../plan/quarantine.ts';
import { recordName, recordsOf } from '../plan/records.ts';
import type { PlanStore } from '../plan/store.ts';
import { splitWithheld, WITHHELD, type WithheldOrder } from '../plan/withheld.ts';
import type { Digest } from '../reference.ts';
import type { PromotionReport } from '../workflows/messages.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { readOrders } from './withholding.ts';

export interface GatherResidueInput {
  readonly run: string;
  readonly round: number;
  /** What operators keep back, by reference. */
  readonly withheld?: string;
}

/** What a round left: pairs worth another try, as an index of shards. */
export interface GatheredResidue {
  readonly index: string;
  readonly shards: number;
  readonly edges: number;
  /** How many of these edges an operator kept back and has given free. */
  readonly released: number;
  /** What is quarantined by now, in all. */
  readonly quarantine: PromotionReport['quarantine'];
  /** When the host that asked for the longest pause can be asked again, in milliseconds since the epoch. */
  readonly retryAt?: number;
  /** Why the first of them failed. */
  readonly reason?: string;
}

export interface QuarantineResidueInput {
  readonly run: string;
  /** The round whose residue is given up. */
  readonly round: number;
}

const SAMPLES = 20;

/**
 * Sorts what a round left into pairs to try again and edges to quarantine. What operators keep back waits for the next
 * round, and is tried in it once they have given it free.
 *
 * @throws PromoterError `Store*`
 */
export function createGatherResidue({ store }: ActivityDependencies) {
  return async function gatherResidue({ run, round, withheld }: GatherResidueInput): Promise<GatheredResidue> {
    const entries = await readResidue(store, run, round);
    const lost = entries.filter((entry) => !entry.transient && entry.reason !== WITHHELD);
    await quarantine(store, run, `promote-${round}`, lost);
    const { kept, released } = giveFree(entries, await readOrders(store, withheld));
    await keepBack(store, run, round, kept);
    const failed = entries.filter(({ transient }) => transient);
    const groups = mergeGroups([...failed.map(({ group }) => group), ...released]);
    const { digest, shards } = await reshard(store, groups);
    const waits = failed.flatMap(({ retryAt }) => (retryAt === undefined ? [] : [retryAt]));
    const [first] = failed;
    return {
      index: digest,
      shards,
      edges: countEdges(groups),
      released: countEdges(released),
      quarantine: await readQuarantine(store, run),
      ...(waits.length === 0 ? {} : { retryAt: Math.max(...waits) }),
      ...(first === undefined ? {} : { reason: first.message }),
    };
  };
}

/** Gives up what is left after the last round: its edges are quarantined. @throws PromoterError `Store*` */
export function createQuarantineResidue({ store }: ActivityDependencies) {
  return async function quarantineResidue({
    run,
    round,
  }: QuarantineResidueInput): Promise<PromotionReport['quarantine']> {
    const entries = await readResidue(store, run, round);
    await quarantine(
      store,
      run,
      `promote-${round}`,
      entries.filter(({ reason }) => reason !== WITHHELD),
    );
    return readQuarantine(store, run);
  };
}

/** Says what the phases so far kept back. @throws PromoterError `Store*` */
export function createGatherQuarantine({ store }: ActivityDependencies) {
  return async function gatherQuarantine({ run }: { readonly run: string }): Promise<PromotionReport['quarantine']> {
    return readQuarantine(store, run);
  };
}

/** Everything that a run has kept back, as one list in the store, with the first few of it. */
export async function readQuarantine(store: PlanStore, run: string): Promise<PromotionReport['quarantine']> {
  const lists = await recordsOf(store, run, 'quarantine');
  const edges: QuarantinedEdge[] = [];
  for (const list of lists) edges.push(...(await getEdges(store, list)));
  if (edges.length === 0) return { edges: 0, samples: [] };
  return { edges: edges.length, samples: edges.slice(0, SAMPLES).map(shorten), list: await putEdges(store, edges) };
}

async function readResidue(store: PlanStore, run: string, round: number): Promise<readonly ResidueEntry[]> {
  const digests = await recordsOf(store, run, 'residue', String(round));
  const entries: ResidueEntry[] = [];
  for (const digest of digests) entries.push(...(await getDocument<readonly ResidueEntry[]>(store, digest)));
  return entries;
}

async function quarantine(
  store: PlanStore,
  run: string,
  part: string,
  entries: readonly ResidueEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  await store.point(recordName(run, 'quarantine', part), await putEdges(store, entries.flatMap(quarantineEntry)));
}

/** What is still kept back of what once was, and what is not any more. */
function giveFree(
  entries: readonly ResidueEntry[],
  orders: readonly WithheldOrder[],
): { readonly kept: readonly ResidueEntry[]; readonly released: readonly Group[] } {
  const split = entries.filter(({ reason }) => reason === WITHHELD).map(({ group }) => splitWithheld(group, orders));
  return {
    kept: split.flatMap(({ kept }) => kept),
    released: split.map(({ open }) => open).filter(({ targets }) => targets.length > 0),
  };
}

/** Reports what is kept back now, and hands it to the next round. */
async function keepBack(store: PlanStore, run: string, round: number, kept: readonly ResidueEntry[]): Promise<void> {
  const waiting = recordName(run, 'residue', `${round + 1}/withheld`);
  if (kept.length > 0) await store.point(waiting, await putDocument(store, kept));
  else await store.remove(waiting);
  if (kept.length > 0) await quarantine(store, run, 'withheld', kept);
  else await store.remove(recordName(run, 'quarantine', 'withheld'));
}

function countEdges(groups: readonly Group[]): number {
  return groups.reduce((sum, group) => sum + groupEdges(group), 0);
}

function quarantineEntry({ group, reason, message }: ResidueEntry): readonly QuarantinedEdge[] {
  return group.targets.flatMap((target) => quarantineTarget(group, target, { phase: 'promote', reason, message }));
}

// The residue holds pairs; copying reads a source once for all of its destinations, so pairs are joined again.
function mergeGroups(groups: readonly Group[]): readonly Group[] {
  return [...Map.groupBy(groups, ({ source, digest }) => `${source}@${digest satisfies Digest}`).values()].flatMap(
    ([first, ...others]) =>
      first === undefined
        ? []
        : [{ ...first, targets: mergeTargets([first, ...others].flatMap((one) => one.targets)) }],
  );
}

function mergeTargets(targets: readonly GroupTarget[]): readonly GroupTarget[] {
  return [...Map.groupBy(targets, ({ repository }) => repository).values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ ...first, tags: [...new Set([first, ...others].flatMap(({ tags }) => tags))] }],
  );
}

const LONGEST_SAMPLE = 500;

function shorten(edge: QuarantinedEdge): QuarantinedEdge {
  return { ...edge, message: edge.message.slice(0, LONGEST_SAMPLE) };
}
