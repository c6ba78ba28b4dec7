import { quarantineTarget, reshard } from '../plan/assembly.ts';
import { getDocument, getEdges, groupEdges, putEdges, type Group, type ResidueEntry } from '../plan/document.ts';
import type { QuarantinedEdge } from '../plan/quarantine.ts';
import { recordName, recordsOf } from '../plan/records.ts';
import type { PlanStore } from '../plan/store.ts';
import type { Digest } from '../reference.ts';
import type { PromotionReport } from '../workflows/messages.ts';
import type { ActivityDependencies } from './dependencies.ts';

export interface GatherResidueInput {
  readonly run: string;
  readonly round: number;
}

/** What a round left: pairs worth another try, as an index of shards. */
export interface GatheredResidue {
  readonly index: string;
  readonly shards: number;
  readonly edges: number;
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

/** Sorts what a round left into pairs to try again and edges to quarantine. @throws PromoterError `Store*` */
export function createGatherResidue({ store }: ActivityDependencies) {
  return async function gatherResidue({ run, round }: GatherResidueInput): Promise<GatheredResidue> {
    const entries = await readResidue(store, run, round);
    const again = entries.filter(({ transient }) => transient);
    const lost = entries.filter(({ transient }) => !transient).flatMap(quarantineEntry);
    if (lost.length > 0) {
      await store.point(recordName(run, 'quarantine', `promote-${round}`), await putEdges(store, lost));
    }
    const groups = mergeGroups(again.map(({ group }) => group));
    const { digest, shards } = await reshard(store, groups);
    const waits = again.flatMap(({ retryAt }) => (retryAt === undefined ? [] : [retryAt]));
    const [first] = again;
    return {
      index: digest,
      shards,
      edges: groups.reduce((sum, group) => sum + groupEdges(group), 0),
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
    const edges = entries.flatMap(quarantineEntry);
    if (edges.length > 0) {
      await store.point(recordName(run, 'quarantine', `promote-${round}`), await putEdges(store, edges));
    }
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

function quarantineEntry({ group, reason, message }: ResidueEntry): readonly QuarantinedEdge[] {
  return group.targets.flatMap((target) => quarantineTarget(group, target, { phase: 'promote', reason, message }));
}

// The residue holds pairs; copying reads a source once for all of its destinations, so pairs are joined again.
function mergeGroups(groups: readonly Group[]): readonly Group[] {
  const merged = new Map<string, Group>();
  for (const group of groups) {
    const key = `${group.source}@${group.digest satisfies Digest}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? group : { ...known, targets: [...known.targets, ...group.targets] });
  }
  return [...merged.values()];
}

const LONGEST_SAMPLE = 500;

function shorten(edge: QuarantinedEdge): QuarantinedEdge {
  return { ...edge, message: edge.message.slice(0, LONGEST_SAMPLE) };
}
