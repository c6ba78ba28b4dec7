import assert from 'node:assert/strict';
import { checkCeilingChange, checkLeaseRequest, checkWriterRequest } from '../../src/workflows/budget-checks.ts';

describe('what a budget refuses', () => {
  it('is a ceiling that is none', () => {
    for (const [input, message] of [
      [undefined, /must be an object such as \{"requestsPerSecond": 50\}/],
      [[50], /must be an object/],
      [{}, /requestsPerSecond must be a number/],
      [{ requestsPerSecond: '50' }, /requestsPerSecond must be a number/],
      [{ requestsPerSecond: 0 }, /requestsPerSecond is 0; the least is 0.1/],
      [{ requestsPerSecond: 1e9 }, /the most is 100000/],
      [{ requestsPerSecond: 5, host: 'x' }, /'host' is not known here/],
    ] as const) {
      assert.throws(() => checkCeilingChange(input), { type: 'UpdateRejected', message });
    }
    checkCeilingChange({ requestsPerSecond: 0.5 });
    checkCeilingChange({ requestsPerSecond: null });
  });

  it('is a wish for a share that cannot be counted with', () => {
    for (const [input, message] of [
      ['a', /must be an object/],
      [{ want: 1 }, /worker must be a text/],
      [{ worker: 'a', want: -1 }, /want is -1; the least is 0/],
      [{ worker: 'a', want: Number.NaN }, /want must be a number/],
      [{ worker: 'a', want: 1, ceiling: 0 }, /ceiling is 0; the least is 0.1/],
      [{ worker: 'a', want: 1, part: 2 }, /part must be above 0, up to 1/],
      [{ worker: 'a', want: 1, sawThrottle: 1 }, /sawThrottle must be true or false/],
    ] as const) {
      assert.throws(() => checkLeaseRequest(input), { type: 'UpdateRejected', message });
    }
    checkLeaseRequest({ worker: 'a', want: 0, granted: 0, ceiling: 5, sawThrottle: true, retryAfterMs: 1_000 });
  });

  it('is a writer without a name', () => {
    assert.throws(() => checkWriterRequest({ workflowId: '' }), { message: /workflowId must be a text/ });
    assert.throws(() => checkWriterRequest({ workflowId: 'a', insteadOf: 1 }), { message: /insteadOf must be a text/ });
    assert.throws(() => checkWriterRequest({ workflowId: 'a', atRest: 1 }), {
      message: /atRest must be true or false/,
    });
    checkWriterRequest({ workflowId: 'a', insteadOf: 'b', atRest: true });
  });
});
