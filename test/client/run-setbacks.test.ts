import assert from 'node:assert/strict';
import proto from '@temporalio/proto';
import { setbackLine, setbacksOf } from '../../src/client/run-setbacks.ts';

const { PENDING_ACTIVITY_STATE_SCHEDULED: SCHEDULED, PENDING_ACTIVITY_STATE_STARTED: STARTED } =
  proto.temporal.api.enums.v1.PendingActivityState;

const NOW = 1_000_000;

function lines(pending: object): readonly string[] {
  const raw = {
    pendingActivities: [{ activityType: { name: 'promoteShard' }, attempt: 1, maximumAttempts: 8, ...pending }],
  };
  return setbacksOf({ raw }, NOW).map(setbackLine);
}

describe('setbacks of a run', () => {
  const secondsAgo = (seconds: number) => ({ scheduledTime: { seconds: NOW / 1_000 - seconds } });
  const activityOptions = { taskQueue: { name: 'promotion-writing' } };

  it('are what failed and is tried again', () => {
    const lastFailure = { message: 'the registry answered 500' };
    assert.deepEqual(lines({ state: STARTED, attempt: 2, lastFailure }), [
      'promoteShard: attempt 2 of 8, since the registry answered 500',
    ]);
    assert.deepEqual(lines({ state: STARTED }), []);
  });

  it('are what no worker begins, too', () => {
    assert.deepEqual(lines({ state: SCHEDULED, activityOptions, ...secondsAgo(30) }), [
      'promoteShard: attempt 1 of 8, since no worker takes it from the queue promotion-writing: see that one runs',
    ]);
    assert.deepEqual(lines({ state: SCHEDULED, activityOptions, ...secondsAgo(5) }), []);
    assert.deepEqual(lines({ state: STARTED, activityOptions, ...secondsAgo(30) }), []);
  });
});
