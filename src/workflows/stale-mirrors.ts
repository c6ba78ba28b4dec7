import { workflowInfo } from '@temporalio/workflow';
import type { ReplicationDraft } from '../activities/replication.ts';
import { send } from './herald.ts';
import type { ReplicationReport } from './replication-messages.ts';

/** Has people told when a mirror has not been compared for an audit's interval and two runs, at most once a day. */
export async function tellOfStaleMirrors(
  { oldest }: Pick<ReplicationReport, 'oldest'>,
  { request, notifies = false }: ReplicationDraft,
): Promise<void> {
  const now = Date.now();
  if (oldest === undefined || now - oldest.checkedAt <= request.auditInterval + 2 * request.every) return;
  const { workflowId, runId } = workflowInfo();
  const { source, mirror, checkedAt } = oldest;
  await send(notifies, {
    id: `notification/replication-stale/${new Date(now).toISOString().slice(0, 10)}`,
    event: 'replication-stale',
    workflowId,
    runId,
    at: now,
    destinations: [],
    reason: `${mirror} has not been compared with ${source} since ${new Date(checkedAt).toISOString()}`,
  });
}
