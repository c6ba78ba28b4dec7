import { WorkflowFailedError, type Client } from '@temporalio/client';
import type { RunReference } from './run-request.ts';

/**
 * Waits for a run to close by one call that the server answers at that moment, so that nobody has to ask again and again.
 *
 * A call that the server breaks off, since it restarts, say, is made anew the next time that the watch is asked; until then
 * it stays silent, so that whoever waits for it waits for something else as well.
 *
 * @param signal ends the call
 * @returns a function that answers `closed` once the run, or the last one that continues it, has closed
 */
export function createCloseWatch(
  client: Client,
  { workflowId, runId }: RunReference,
  signal: AbortSignal,
): () => Promise<'closed'> {
  let call: Promise<'closed'> | undefined;

  async function wait(): Promise<'closed'> {
    try {
      await client.withAbortSignal(signal, () => client.workflow.getHandle(workflowId, runId).result());
    } catch (error) {
      if (!(error instanceof WorkflowFailedError)) {
        call = undefined;
        return new Promise(() => undefined);
      }
    }
    return 'closed';
  }

  return () => (call ??= wait());
}
