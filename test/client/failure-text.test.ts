import assert from 'node:assert/strict';
import { WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { codeOf, describeThrown } from '../../src/client/failure-text.ts';
import { PromoterError } from '../../src/errors.ts';

function failedRun(cause: Error): WorkflowFailedError {
  return new WorkflowFailedError('Workflow execution failed', cause, 'NON_RETRYABLE_FAILURE');
}

function failedActivity(cause: Error): ActivityFailure {
  return new ActivityFailure('Activity task failed', 'setup', '1', 'NON_RETRYABLE_FAILURE', 'worker', cause);
}

describe('describeThrown', () => {
  it('says what failed, without the wrappers around it', () => {
    const denied = ApplicationFailure.nonRetryable('mirror.example refused our password', 'RegistryDenied');
    assert.equal(describeThrown(failedRun(failedActivity(denied))), 'mirror.example refused our password');
  });

  it('puts the innermost message first, and what is around it below', () => {
    const inner = ApplicationFailure.nonRetryable('disk full', 'StoreUnavailable');
    const outer = ApplicationFailure.nonRetryable('plan failed', 'PhaseFailed', undefined);
    Object.defineProperty(outer, 'cause', { value: failedActivity(inner) });
    assert.equal(describeThrown(failedRun(outer)), 'disk full\n  in: plan failed');
  });

  it('says nothing twice', () => {
    const inner = ApplicationFailure.nonRetryable('disk full', 'StoreUnavailable');
    const outer = ApplicationFailure.nonRetryable('plan failed: disk full', 'PhaseFailed');
    Object.defineProperty(outer, 'cause', { value: inner });
    assert.equal(describeThrown(failedRun(outer)), 'plan failed: disk full');
  });

  it('leaves out what is underneath an error of our own', () => {
    const cause = new Error('14 UNAVAILABLE');
    assert.equal(
      describeThrown(new PromoterError('TemporalUnavailable', 'start the server', { cause })),
      'start the server',
    );
  });

  it('copes with anything that can be thrown', () => {
    assert.equal(describeThrown('text'), 'text');
    assert.equal(describeThrown(undefined), 'undefined');
    const loop = new Error('loop');
    loop.cause = loop;
    assert.equal(describeThrown(loop), 'loop');
  });
});

describe('codeOf', () => {
  it('is the innermost code', () => {
    const denied = ApplicationFailure.nonRetryable('denied', 'RegistryDenied');
    assert.equal(codeOf(failedRun(failedActivity(denied))), 'RegistryDenied');
    assert.equal(codeOf(new PromoterError('UsageInvalid', 'text')), 'UsageInvalid');
    assert.equal(codeOf(new Error('text')), undefined);
  });
});
