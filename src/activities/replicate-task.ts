import { PromoterError } from '../errors.ts';
import { putJson } from '../plan/json-document.ts';
import type { Audit } from '../plan/replication-audit.ts';
import { readCheckpoint, readUnlessLost, writeCheckpoint, type Checkpoint } from '../plan/replication-checkpoint.ts';
import type { ReplicationTask } from '../plan/replication.ts';
import type { PlanStore } from '../plan/store.ts';
import { NO_KNOWLEDGE, type ReferrerKnowledge } from '../signing/referrer-knowledge.ts';
import type { ReplicationDependencies } from './replication-dependencies.ts';
import { replicateSource, type ReplicationContext } from './replicate-source.ts';
import type { CheckedReplication } from './replication-request.ts';
import { NO_COUNTS, type SourceOutcome } from './replication-tally.ts';
import { checkSignatures } from './signature-check.ts';
import { findUnsigned } from './unsigned.ts';

type TaskContext = ReplicationContext & Pick<ReplicationDependencies, 'store' | 'naming' | 'now'>;

/**
 * Replicates what one source has attached, and remembers what was found. Registries' errors are in the outcome.
 *
 * @throws PromoterError `Store*`
 */
export async function replicateTask(
  context: TaskContext,
  { confirm, full, copies, check: rules }: CheckedReplication,
  task: ReplicationTask,
  audits: readonly Audit[],
  signal: AbortSignal,
): Promise<SourceOutcome> {
  const { store } = context;
  const checkpoint = await readCheckpoint(store, task.source);
  const knowledge = await knowledgeOf(store, checkpoint);
  try {
    const result = await replicateSource(context, {
      task,
      checkpoint,
      knowledge,
      audits: new Map(audits.filter(({ source }) => source === task.source).map((audit) => [audit.mirror, audit])),
      full,
      confirm,
      copiesAtOnce: copies,
      now: (context.now ?? Date.now)(),
      signal,
    });
    const { counts, residue, mended, caughtUp, signatures, attached, pairs } = result;
    const unsigned = await findUnsigned(task, signatures);
    const check = rules === undefined ? {} : { check: await checkSignatures(context, task, result, rules) };
    // What a dry run finds missing stays missing, so that it must not be remembered as found equal.
    if (confirm) {
      const known = result.knowledge === knowledge ? checkpoint?.knowledge : await putJson(store, result.knowledge);
      const learnt = known === undefined ? {} : { knowledge: known };
      await writeCheckpoint(store, { source: task.source, attached, pairs, ...learnt });
    }
    return { counts, residue, mended, caughtUp, unsigned, ...check };
  } catch (error) {
    if (!(error instanceof PromoterError) || error.code.startsWith('Store')) throw error;
    const residue = [{ source: task.source, reason: error.code, message: error.message.slice(0, 500) }];
    return { counts: { ...NO_COUNTS, listed: 1 }, residue, mended: [], caughtUp: [], unsigned: [] };
  }
}

async function knowledgeOf(store: PlanStore, checkpoint: Checkpoint | undefined): Promise<ReferrerKnowledge> {
  if (checkpoint?.knowledge === undefined) return NO_KNOWLEDGE;
  return (await readUnlessLost<ReferrerKnowledge>(store, checkpoint.knowledge)) ?? NO_KNOWLEDGE;
}
