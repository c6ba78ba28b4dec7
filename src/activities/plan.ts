import { cancellationSignal } from '@temporalio/activity';
import pMap from 'p-map';
import { PromoterError, isTransient } from '../errors.ts';
import { assemblePlan, destinationsOf, type AssembledPlan } from '../plan/assembly.ts';
import { getEdges, putDocument, putEdges, readShard, type Group, type WishShard } from '../plan/document.ts';
import { recordDebts, signedDigests } from '../plan/debts.ts';
import { draftPlan } from '../plan/draft.ts';
import type { InventoryReader } from '../plan/inventory.ts';
import { judgeWishes, type BrokenHost } from '../plan/judgement.ts';
import type { QuarantinedEdge } from '../plan/quarantine.ts';
import { recordName, recordsOf, shardPart } from '../plan/records.ts';
import type { Digest } from '../reference.ts';
import type { PlanReference, PromotionReport } from '../workflows/messages.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { debtsOf } from './owing.ts';
import { recordPolicies } from './provenance-policy.ts';
import { withPulse } from './pulse.ts';
import { readQuarantine } from './residue.ts';
import type { StoredRequest } from './request.ts';
import { readManifests, readOnly } from './manifests.ts';

export interface DraftInput {
  readonly run: string;
  readonly request: StoredRequest;
  /** What judging takes; see {@link JudgeInput}. */
  readonly judging?: Pick<JudgeInput, 'broken' | 'existing'>;
}

/** The wishes of the manifests, cut into shards. */
export interface DraftResult {
  readonly index: string;
  readonly shards: number;
  /** How many of the shards have been judged along with it; none where absent. */
  readonly judged?: number;
  readonly warnings: readonly string[];
}

export interface JudgeInput {
  readonly run: string;
  readonly index: string;
  readonly shard: number;
  readonly broken: readonly BrokenHost[];
  /** Sign what was promoted before as well. */
  readonly existing?: boolean;
}

export interface AssembleInput {
  readonly run: string;
  readonly strict: boolean;
  /** Ask the hosts that will be written to whether they let us. */
  readonly probe: boolean;
}

export interface AssembleResult {
  readonly plan: PlanReference;
  readonly quarantine: PromotionReport['quarantine'];
  readonly warnings: readonly string[];
}

const HOSTS_AT_ONCE = 32;
const REASONS_SHOWN = 20;

/**
 * Drafts the plan from the manifests alone. A draft of one shard is judged at once: what is small does not wait for another
 * activity.
 *
 * @throws PromoterError `ManifestInvalid`, `Store*`; what judging throws
 */
export function createDraftPlan({ store }: ActivityDependencies, judgeShard: (input: JudgeInput) => Promise<unknown>) {
  return async function draft({ run, request, judging }: DraftInput): Promise<DraftResult> {
    const { manifests } = await readManifests(store, request);
    const { shards, overlaps, redundant } = draftPlan(manifests, await readOnly(store, request));
    await recordPolicies(store, run, manifests);
    const digests: Digest[] = [];
    for (const wishes of shards) digests.push(await putDocument(store, { wishes }));
    if (overlaps.length > 0) {
      await store.point(recordName(run, 'quarantine', 'overlap'), await putEdges(store, overlaps));
    }
    const index = await putDocument(store, { shards: digests });
    const warnings =
      redundant === 0 ? [] : [`${redundant} edges say the same as another one; the first of each is used`];
    const judged = judging !== undefined && digests.length === 1 ? 1 : 0;
    if (judging !== undefined && judged > 0) await judgeShard({ run, index, shard: 0, ...judging });
    return { index, shards: digests.length, judged, warnings };
  };
}

/** Reads the registries for one shard of the draft and judges its edges. @throws PromoterError `Registry*`, `Store*` */
export function createJudgeShard({ store }: ActivityDependencies, reader: InventoryReader) {
  return async function judgeShard({
    run,
    index,
    shard,
    broken,
    existing = false,
  }: JudgeInput): Promise<{ readonly edges: number }> {
    const { wishes } = await readShard<WishShard>(store, index, shard);
    let read = 0;
    const result = await withPulse(
      () => ({ read }),
      () => judgeWishes(reader, wishes, { broken, existing, signal: cancellationSignal(), onRead: () => read++ }),
    );
    await owe(run, shard, result.existing);
    await store.point(
      recordName(run, 'judged', shardPart(shard)),
      await putDocument(store, { ...result, existing: [] }),
    );
    return { edges: Object.values(result.verdicts).reduce((sum, count) => sum + count, 0) };
  };

  // What was promoted before and is not known to be signed is owed like what this run promotes.
  async function owe(run: string, shard: number, existing: readonly Group[]): Promise<void> {
    const unsigned: Group[] = [];
    for (const [source, groups] of Map.groupBy(existing, (group) => group.source)) {
      const signed = await signedDigests(store, source);
      unsigned.push(...groups.filter(({ digest }) => !signed.has(digest)));
    }
    await recordDebts(store, run, `existing-${shardPart(shard)}`, debtsOf(unsigned, run));
  }
}

/**
 * Puts the judged shards together into the plan, and asks the hosts that it writes to whether they take writes.
 *
 * @throws PromoterError `PlanRejected` when the request is strict and an edge would be quarantined; `RegistryDenied` or
 * what the hosts answered when none of them takes writes
 */
export function createAssemblePlan({ registry, store }: ActivityDependencies) {
  return async function assemble({ run, strict, probe }: AssembleInput): Promise<AssembleResult> {
    return withPulse(
      () => undefined,
      async () => {
        const results = await recordsOf(store, run, 'judged');
        const refused = probe ? await probeHosts(results) : [];
        const plan = await assemblePlan(store, results, refused);
        if (strict) await rejectUnlessClean(run, plan);
        if (plan.quarantine.length > 0) {
          await store.point(recordName(run, 'quarantine', 'plan'), await putEdges(store, plan.quarantine));
        }
        const { digest, shards, edges, verdicts, hosts, warnings } = plan;
        const quarantine = await readQuarantine(store, run);
        return { plan: { digest, shards, edges, verdicts, hosts }, quarantine, warnings };
      },
    );
  };

  // A host that fails for a passing reason is left to the promote phase, which tries more than once.
  async function probeHosts(results: readonly Digest[]): Promise<readonly BrokenHost[]> {
    const hosts = await destinationsOf(store, results);
    const answers = await pMap(
      hosts,
      async ([host, repository]): Promise<PromoterError | BrokenHost | undefined> => {
        try {
          await registry.probeWrite(repository, { signal: cancellationSignal() });
          return undefined;
        } catch (error) {
          if (!(error instanceof PromoterError)) throw error;
          return isTransient(error.code) ? undefined : { host, reason: error.code, message: error.message };
        }
      },
      { concurrency: HOSTS_AT_ONCE },
    );
    const refused = answers.filter((answer): answer is BrokenHost => answer !== undefined);
    if (refused.length > 0 && refused.length === hosts.size) {
      throw new PromoterError(
        'RegistryDenied',
        `no destination takes writes: ${refused.map(({ message }) => message).join('; ')}`,
      );
    }
    return refused;
  }

  async function rejectUnlessClean(run: string, plan: AssembledPlan): Promise<void> {
    const kept = [...(await readOverlaps(run)), ...plan.quarantine];
    if (kept.length === 0 && plan.verdicts.unreadable === undefined) return;
    const reasons = kept.map(({ message }) => message);
    const all = [...new Set(reasons.length === 0 ? plan.warnings : reasons)];
    const more = all.length > REASONS_SHOWN ? `; and ${all.length - REASONS_SHOWN} more` : '';
    throw new PromoterError(
      'PlanRejected',
      `${kpromoSays(kept)}; strict: nothing is promoted, since ${kept.length || plan.verdicts.unreadable} edges cannot be: ${all.slice(0, REASONS_SHOWN).join('; ')}${more}`,
    );
  }

  /** What jobs look for in kpromo's log. */
  function kpromoSays(kept: readonly QuarantinedEdge[]): string {
    const overlap = kept.some(({ reason }) => reason === 'overlap');
    return overlap ? 'overlapping edges detected' : 'encountered errors during edge filtering';
  }

  async function readOverlaps(run: string): Promise<readonly QuarantinedEdge[]> {
    const lists = await Promise.all(
      (await recordsOf(store, run, 'quarantine')).map((digest) => getEdges(store, digest)),
    );
    return lists.flat();
  }
}
