import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../src/activities/index.ts';
import type { NotificationActivities } from '../../src/activities/notify.ts';
import type { notification } from '../../src/workflows/index.ts';
import { report, retryPhase } from '../../src/workflows/messages.ts';
import { activitiesFor, DIGEST } from '../support/promotion-activities.ts';
import { replayRuns, temporalFixture, withPromotion } from '../support/temporal.ts';
import { waitFor } from '../support/waiting.ts';

const REQUEST = { manifests: DIGEST, confirm: true } as const;

/** Activities of a run whose workers have two targets, one of which is never to be had. */
function tellingActivities(delivered: string[], ids: Set<string>): NotificationActivities {
  return {
    chooseTargets: async () => ['good', 'bad'],
    async deliverNotification({ target, notification: { event, id } }) {
      if (target === 'bad') throw ApplicationFailure.nonRetryable('it answered 404', 'NotificationRefused');
      delivered.push(event);
      ids.add(id);
      return { attempts: 1 };
    },
  };
}

describe('notification workflow', () => {
  it('tells of a hold in the first phase and of the end, each once, and says who could not be told', async () => {
    const delivered: string[] = [];
    const ids = new Set<string>();
    const usual = activitiesFor(1);
    let broken = true;
    const setup: Activities['setup'] = async (input) => {
      if (broken) throw ApplicationFailure.nonRetryable('nobody answers', 'RegistryDenied');
      return { ...(await usual.setup(input)), notifies: true };
    };
    const activities = { ...usual, setup, ...tellingActivities(delivered, ids) };
    const { client } = (await temporalFixture()).environment;
    const outcome = await withPromotion(activities, REQUEST, async (handle) => {
      await waitFor(async () => (await handle.query(report)).outcome === 'held');
      broken = false;
      await handle.executeUpdate(retryPhase, { args: [undefined] });
      const result = await handle.result();
      await waitFor(() => delivered.length === 2);
      for (const id of ids) {
        assert.deepEqual(await client.workflow.getHandle<typeof notification>(id).result(), {
          delivered: ['good'],
          failed: [{ target: 'bad', reason: 'it answered 404' }],
        });
      }
      return result.outcome;
    });
    assert.equal(outcome, 'done');
    assert.deepEqual(delivered, ['held', 'done']);
    for (const id of ids) await replayRuns(id);
  });

  it('is not started where workers have nobody to tell', async () => {
    await withPromotion(activitiesFor(1), REQUEST, async (handle) => {
      await handle.result();
      const { events } = await handle.fetchHistory();
      const started = events?.filter(({ startChildWorkflowExecutionInitiatedEventAttributes: child }) => child);
      assert.deepEqual(started, []);
    });
  });
});
