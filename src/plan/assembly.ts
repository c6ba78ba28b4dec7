import type { Digest, RepositoryName } from '../reference.ts';
import { hostOf } from '../reference.ts';
import { getDocument, groupEdges, putDocument, type Group, type WishShardResult } from './document.ts';
import type { BrokenHost } from './judgement.ts';
import { ShardCutter } from './partition.ts';
import type { QuarantinedEdge } from './quarantine.ts';
import type { PlanStore } from './store.ts';
import type { Verdict, VerdictCounts } from './verdict.ts';

/** A plan as it was written. */
export interface AssembledPlan {
  readonly digest: Digest;
  readonly shards: number;
  readonly edges: number;
  readonly verdicts: VerdictCounts;
  readonly hosts: readonly string[];
  readonly quarantine: readonly QuarantinedEdge[];
  readonly warnings: readonly string[];
}

/** Edges that one activity works through; some seconds to a few minutes. Few enough that several workers get some each. */
export const EDGES_PER_SHARD = 250;
const WARNINGS_KEPT = 100;

/** The hosts that groups in these results will be written to, each with one of the repositories there. */
export async function destinationsOf(
  store: PlanStore,
  results: readonly Digest[],
): Promise<ReadonlyMap<string, RepositoryName>> {
  const hosts = new Map<string, RepositoryName>();
  for (const digest of results) {
    const { groups } = await getDocument<WishShardResult>(store, digest);
    for (const { targets } of groups) for (const { repository } of targets) hosts.set(hostOf(repository), repository);
  }
  return hosts;
}

/**
 * Writes the plan: what the activities of the plan phase found out, cut into shards that are worked through one by one.
 * Results are read one after another, so that memory holds one of them at a time.
 *
 * @param refused hosts that turned out not to take writes; edges to them are quarantined
 */
export async function assemblePlan(
  store: PlanStore,
  results: readonly Digest[],
  refused: readonly BrokenHost[],
): Promise<AssembledPlan> {
  const cutter = new ShardCutter(EDGES_PER_SHARD);
  const shards: Digest[] = [];
  const quarantine: QuarantinedEdge[] = [];
  const warnings: string[] = [];
  const verdicts: Partial<Record<Verdict, number>> = {};
  const hosts = new Set<string>();
  const closed = new Map(refused.map((host) => [host.host, host]));
  let edges = 0;
  const write = async (groups: readonly Group[] | undefined): Promise<void> => {
    if (groups !== undefined) shards.push(await putDocument(store, { groups }));
  };
  for (const digest of results) {
    const result = await getDocument<WishShardResult>(store, digest);
    quarantine.push(...result.quarantine);
    warnings.push(...result.warnings.slice(0, WARNINGS_KEPT - warnings.length));
    addCounts(verdicts, result.verdicts);
    for (const group of result.groups) {
      const open = withoutHosts(group, closed, quarantine);
      if (open.targets.length === 0) continue;
      edges += groupEdges(open);
      for (const { repository } of open.targets) hosts.add(hostOf(repository));
      await write(cutter.add(open));
    }
  }
  await write(cutter.flush());
  const index = await putDocument(store, { shards });
  return { digest: index, shards: shards.length, edges, verdicts, hosts: [...hosts].sort(), quarantine, warnings };
}

/** Cuts groups that a later round works on into shards of their own. */
export async function reshard(store: PlanStore, groups: readonly Group[]): Promise<{ digest: Digest; shards: number }> {
  const cutter = new ShardCutter(EDGES_PER_SHARD);
  const shards: Digest[] = [];
  for (const group of groups) {
    const complete = cutter.add(group);
    if (complete !== undefined) shards.push(await putDocument(store, { groups: complete }));
  }
  const rest = cutter.flush();
  if (rest !== undefined) shards.push(await putDocument(store, { groups: rest }));
  return { digest: await putDocument(store, { shards }), shards: shards.length };
}

/** The edges of a group's target, as they are reported when they are kept back. */
export function quarantineTarget(
  group: Pick<Group, 'source' | 'digest'>,
  target: Group['targets'][number],
  why: Pick<QuarantinedEdge, 'phase' | 'reason' | 'message'>,
): readonly QuarantinedEdge[] {
  const edge = { source: group.source, digest: group.digest, destination: target.repository, ...why };
  return target.tags.length === 0 ? [edge] : target.tags.map((tag) => ({ ...edge, tag }));
}

function withoutHosts(group: Group, closed: ReadonlyMap<string, BrokenHost>, quarantine: QuarantinedEdge[]): Group {
  const targets = group.targets.filter((target) => {
    const host = closed.get(hostOf(target.repository));
    if (host !== undefined) quarantine.push(...quarantineTarget(group, target, { phase: 'plan', ...why(host) }));
    return host === undefined;
  });
  return { ...group, targets };
}

function why({ reason, message }: BrokenHost): Pick<QuarantinedEdge, 'reason' | 'message'> {
  return { reason, message };
}

function addCounts(into: Partial<Record<Verdict, number>>, counts: VerdictCounts): void {
  for (const [verdict, count] of Object.entries(counts) as [Verdict, number][]) {
    into[verdict] = (into[verdict] ?? 0) + count;
  }
}
