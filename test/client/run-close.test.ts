import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { ServiceError, WorkflowFailedError, type Client } from '@temporalio/client';
import { createCloseWatch } from '../../src/client/run-close.ts';

/** A client whose calls for a result end as a test says, one after the other. */
function clientThat(...ends: readonly (() => Promise<unknown>)[]): { readonly client: Client; calls: number } {
  const made = { calls: 0, client: {} as Client };
  const result = (): Promise<unknown> => ends[made.calls++]?.() ?? assert.fail('nobody expects another call');
  made.client = {
    withAbortSignal: (_: AbortSignal, call: () => Promise<unknown>) => call(),
    workflow: { getHandle: () => ({ result }) },
  } as unknown as Client;
  return made;
}

const RUN = { workflowId: 'promotion/prod.example+1', runId: 'run' };
const { signal } = new AbortController();

describe('a watch for the end of a run', () => {
  it('answers when the run has ended, well or not', async () => {
    const failed = new WorkflowFailedError('it failed', undefined, 'NON_RETRYABLE_FAILURE');
    for (const end of [() => Promise.resolve({}), () => Promise.reject(failed)]) {
      assert.equal(await createCloseWatch(clientThat(end).client, RUN, signal)(), 'closed');
    }
  });

  it('asks once, however often it is asked', async () => {
    const made = clientThat(() => new Promise(() => undefined));
    const watch = createCloseWatch(made.client, RUN, signal);
    assert.equal(watch(), watch());
    assert.equal(made.calls, 1);
  });

  it('is silent about a call that was broken off, and makes it anew', async () => {
    const made = clientThat(
      () => Promise.reject(new ServiceError('the server restarts')),
      () => Promise.resolve({}),
    );
    const watch = createCloseWatch(made.client, RUN, signal);
    const first = watch();
    await turn();
    assert.equal(await watch(), 'closed');
    assert.equal(await Promise.race([first, turn('silent')]), 'silent');
    assert.equal(made.calls, 2);
  });
});
