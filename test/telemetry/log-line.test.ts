import assert from 'node:assert/strict';
import { logLine } from '../../src/telemetry/log-line.ts';

const ENTRY = {
  level: 'WARN',
  message: 'Activity failed',
  timestampNanos: 1_700_000_000_123_456_789n,
  meta: {
    sdkComponent: 'worker',
    isLocal: false,
    workflowId: 'promotion/prod',
    workflowRunId: 'run-1',
    taskToken: 'secret',
    activityId: '7',
    activityType: 'judgeShard',
    attempt: 2,
    eventId: 12n,
    error: new Error('GET staging answered 500'),
  },
} as const;

describe('log lines', () => {
  it('are JSON with the ids, the phase and the message of the error', () => {
    const line = logLine(ENTRY, 'json');
    assert.ok(line.endsWith('}\n'));
    assert.deepEqual(JSON.parse(line), {
      time: '2023-11-14T22:13:20.123Z',
      level: 'WARN',
      message: 'Activity failed',
      workflowId: 'promotion/prod',
      runId: 'run-1',
      activityId: '7',
      activityType: 'judgeShard',
      attempt: 2,
      eventId: '12',
      error: 'GET staging answered 500',
      phase: 'plan',
    });
  });

  it('are one line for people otherwise', () => {
    assert.equal(
      logLine({ ...ENTRY, message: 'Activity failed\nbadly' }, 'text'),
      '2023-11-14T22:13:20.123Z WARN  Activity failed badly workflowId=promotion/prod activityType=judgeShard attempt=2 error="GET staging answered 500" phase=plan\n',
    );
  });

  it('carry no properties of errors, where clients keep requests and their headers', () => {
    const error = Object.assign(new Error('refused'), { headers: { authorization: 'canary' } });
    const cause = new Error('outer', { cause: error });
    for (const format of ['json', 'text'] as const) {
      const line = logLine({ ...ENTRY, meta: { error: cause, reason: error } }, format);
      assert.ok(!line.includes('canary'), line);
    }
  });
});
