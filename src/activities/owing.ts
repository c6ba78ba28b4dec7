import { activityInfo } from '@temporalio/activity';
import type { Debt, Group } from '../plan/document.ts';

/** What groups owe until they are signed and attested, with the run that promotes them on record. */
export function debtsOf(groups: readonly Group[], run: string, commit?: string): readonly Debt[] {
  const workflowId = activityInfo().workflowExecution?.workflowId ?? '';
  return groups.map(({ source, digest, targets, settled }) => ({
    source,
    digest,
    targets: targets.map(({ repository, tags }) => ({ repository, tags })),
    ...(settled === undefined ? {} : { settled }),
    workflowId,
    runId: run,
    ...(commit === undefined ? {} : { commit }),
  }));
}
