import { cancellationSignal } from '@temporalio/activity';
import { PromoterError } from '../errors.ts';
import { getJson, putJson } from '../plan/json-document.ts';
import { recordName, shardPart } from '../plan/records.ts';
import { chooseAudits, oldestPair, oldestReading, type Audit } from '../plan/replication-audit.ts';
import { readCheckpoint, readUnlessLost } from '../plan/replication-checkpoint.ts';
import { mirrorsOf, replicationTasks, type ReplicationTask } from '../plan/replication.ts';
import type { PlanStore } from '../plan/store.ts';
import type { Digest } from '../reference.ts';
import { compilePolicy, policyOfFlags } from '../signing/identity-policy.ts';
import type { ReplicationReport, ReplicationTally } from '../workflows/replication-messages.ts';
import { readManifests, storeManifests } from './manifests.ts';
import { withPulse } from './pulse.ts';
import { createMirrorHealth } from './mirror-health.ts';
import type { ReplicationDependencies } from './replication-dependencies.ts';
import { replicateTask } from './replicate-task.ts';
import { checkReplication, type CheckedReplication } from './replication-request.ts';
import { countFindings, tallyOf, type SourceOutcome } from './replication-tally.ts';
import { sideBySide } from './side-by-side.ts';

/** What is to be replicated: tasks in shards, and the pairs that are compared though nothing has changed. */
export interface ReplicationDraft {
  readonly request: CheckedReplication;
  readonly index: string;
  readonly audits: string;
  readonly shards: number;
  readonly sources: number;
  readonly pairs: number;
  /** Whether this worker has anybody to tell of mirrors that nobody compares. */
  readonly notifies?: boolean;
  readonly warnings: readonly string[];
  /** The commit of the manifests, where git was asked for them. */
  readonly commit?: string;
}

export interface ReplicateInput {
  readonly run: string;
  readonly request: CheckedReplication;
  readonly index: string;
  readonly audits: string;
  readonly shard: number;
}

/** Few enough that an attempt is short, and enough to keep every host busy. */
const SOURCES_PER_SHARD = 24;
const SOURCES_AT_ONCE = 8;
const CHECKPOINTS_AT_ONCE = 16;
const WARNINGS_KEPT = 20;

/**
 * Reads the manifests, finds out whose signatures belong where, and chooses what of it is audited by this run.
 *
 * @throws PromoterError `RequestInvalid`, `ConfigInvalid`, `ManifestInvalid`, `GitUnavailable`, `Store*`
 */
export function createDraftReplication(dependencies: ReplicationDependencies) {
  const { store, naming, notifies = false, now = Date.now } = dependencies;
  return async function draftReplication(input: { readonly request: unknown }): Promise<ReplicationDraft> {
    const request = checkReplication(input.request);
    if (request.check !== undefined) compilePolicy(policyOfFlags(request.check));
    const { manifests: bundle, commit } = await withPulse(
      () => undefined,
      () => storeManifests(dependencies, request, cancellationSignal()),
    );
    const { manifests, warnings } = await readManifests(store, { manifests: bundle, lenient: request.lenient });
    const tasks = replicationTasks(manifests, naming, request.replication, request.check !== undefined);
    const checkpoints = await sideBySide(tasks, CHECKPOINTS_AT_ONCE, ({ source }) => readCheckpoint(store, source));
    const { auditInterval: interval, readBackInterval, every } = request;
    const audits = chooseAudits(
      checkpoints.filter((checkpoint) => checkpoint !== undefined),
      { now: now(), interval, readBackInterval, every },
    );
    const shards: Digest[] = [];
    for (let at = 0; at < tasks.length; at += SOURCES_PER_SHARD) {
      shards.push(await putJson(store, tasks.slice(at, at + SOURCES_PER_SHARD)));
    }
    return {
      request,
      index: await putJson(store, shards),
      audits: await putJson(store, audits),
      shards: shards.length,
      notifies,
      sources: tasks.length,
      pairs: tasks.reduce((sum, task) => sum + mirrorsOf(task).length, 0),
      warnings: warnings.slice(0, WARNINGS_KEPT),
      ...(commit === undefined ? {} : { commit }),
    };
  };
}

/**
 * Replicates what the sources of one shard have attached. What is finished is on record before the next source is begun,
 * so that another attempt looks again only at those that were in work.
 *
 * @throws PromoterError `Store*`; registries' errors are in the tally
 */
export function createReplicateShard(dependencies: ReplicationDependencies) {
  const { store } = dependencies;
  return async function replicateShard(input: ReplicateInput): Promise<ReplicationTally & { sources: number }> {
    const tasks = await tasksOf(store, input);
    const audits = await getJson<readonly Audit[]>(store, input.audits);
    const context = { ...dependencies, health: createMirrorHealth() };
    const signal = cancellationSignal();
    let done = 0;
    let written = 0;
    const outcomes = await withPulse(
      () => ({ done, total: tasks.length, written }),
      () =>
        sideBySide(
          [...tasks.entries()],
          SOURCES_AT_ONCE,
          async ([at, task]) => {
            const name = recordName(input.run, 'replicated', `${shardPart(input.shard)}/${shardPart(at)}`);
            const record = await store.lookup(name);
            const known = record === undefined ? undefined : await readUnlessLost<SourceOutcome>(store, record);
            const outcome = known ?? (await replicateTask(context, input.request, task, audits, signal));
            if (known === undefined) await store.point(name, await putJson(store, outcome));
            done += 1;
            written += outcome.counts.written;
            return outcome;
          },
          signal,
        ),
    );
    return { sources: tasks.length, ...tallyOf(outcomes), ...(await oldestOf(tasks)), ...(await checkOf(outcomes)) };
  };

  async function oldestOf(tasks: readonly ReplicationTask[]): Promise<Pick<ReplicationTally, 'oldest' | 'oldestRead'>> {
    const found = await sideBySide(tasks, CHECKPOINTS_AT_ONCE, ({ source }) => readCheckpoint(store, source));
    const checkpoints = found.filter((checkpoint) => checkpoint !== undefined);
    const oldest = oldestPair(checkpoints);
    const oldestRead = oldestReading(checkpoints);
    return { ...(oldest === undefined ? {} : { oldest }), ...(oldestRead === undefined ? {} : { oldestRead }) };
  }

  async function checkOf(outcomes: readonly SourceOutcome[]): Promise<Pick<ReplicationTally, 'check'>> {
    const checks = outcomes.flatMap(({ check }) => check ?? []);
    if (checks.length === 0) return {};
    const findings = checks.flatMap((check) => check.findings);
    return { check: countFindings(checks, await putJson(store, findings)) };
  }
}

/** Forgets what only the attempts of a run needed, and tells monitoring how the mirrors are. */
export function createSettleReplication({ store, settled }: ReplicationDependencies) {
  return async function settleReplication(input: {
    readonly run: string;
    readonly oldest?: ReplicationReport['oldest'];
    readonly oldestRead?: ReplicationReport['oldestRead'];
    readonly residue?: number;
  }): Promise<void> {
    const names = await store.names(recordName(input.run, 'replicated', ''));
    await sideBySide(names, CHECKPOINTS_AT_ONCE, (name) => store.remove(name));
    settled({
      residue: input.residue ?? 0,
      ...(input.oldest === undefined ? {} : { oldestCheckedAt: input.oldest.checkedAt }),
      ...(input.oldestRead === undefined ? {} : { oldestReadAt: input.oldestRead.finishedAt }),
    });
  };
}

async function tasksOf(store: PlanStore, { index, shard }: ReplicateInput): Promise<readonly ReplicationTask[]> {
  const shards = await getJson<readonly Digest[]>(store, index);
  const digest = shards[shard];
  if (digest === undefined)
    throw new PromoterError('StoreCorrupt', `there is no shard ${shard} among ${shards.length}`);
  return getJson(store, digest);
}
