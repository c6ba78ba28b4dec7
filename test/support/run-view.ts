import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { promotion } from '../../src/workflows/index.ts';

type Handle = WorkflowHandle<typeof promotion>;

/** Whether an Update was refused, or failed, with such a sentence. */
export function refusal(message: RegExp) {
  return (error: unknown): boolean =>
    error instanceof WorkflowUpdateFailedError && message.test(error.cause?.message ?? '');
}

/** The state that a run can be searched by. */
export async function searchableState(handle: Handle): Promise<unknown> {
  return (await handle.describe()).searchAttributes['PromoterState']?.[0];
}

/** What the UI shows of a run as its current details. */
export async function currentDetails(handle: Handle): Promise<string> {
  return (await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;
}

/** Updates that the history knows of: a refused one leaves none. */
export async function acceptedUpdates(handle: Handle): Promise<number> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes).length;
}
