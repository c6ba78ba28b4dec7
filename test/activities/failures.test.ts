import assert from 'node:assert/strict';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { failingClearly, toFailure } from '../../src/activities/failures.ts';
import { PromoterError } from '../../src/errors.ts';

describe('toFailure', () => {
  it('keeps code, message and the wait that was asked for', () => {
    const failure = toFailure(new PromoterError('RegistryThrottled', 'slow down', { retryAfterMs: 5_000 }));
    assert.ok(failure instanceof ApplicationFailure);
    assert.deepEqual([failure.type, failure.message, failure.nonRetryable], ['RegistryThrottled', 'slow down', false]);
    assert.equal(failure.nextRetryDelay, 5_000);
  });

  it('does not retry what a retry cannot cure', () => {
    for (const code of ['RegistryDenied', 'DigestMismatch', 'ManifestInvalid', 'SourceLost'] as const) {
      assert.equal((toFailure(new PromoterError(code, '')) as ApplicationFailure).nonRetryable, true, code);
    }
  });

  it('cuts a message that the server would cut at a worse place', () => {
    assert.ok(toFailure(new PromoterError('ManifestInvalid', 'x'.repeat(10_000))).message.length < 4_096);
  });

  it('leaves cancellations and failures alone, and names what it did not expect', () => {
    const cancelled = new CancelledFailure('reset');
    assert.equal(toFailure(cancelled), cancelled);
    const failure = ApplicationFailure.nonRetryable('x');
    assert.equal(toFailure(failure), failure);
    assert.equal((toFailure(new TypeError('oops')) as ApplicationFailure).type, 'Unexpected');
  });

  it('never carries a cause that could hold a credential', async () => {
    const secret = new Error('Authorization: Bearer hush');
    const activity = failingClearly(async () => {
      throw new PromoterError('RegistryUnavailable', 'GET failed', { cause: secret });
    });
    const error = await activity(undefined).catch((thrown: unknown) => thrown as ApplicationFailure);
    assert.doesNotMatch(JSON.stringify([error?.message, error?.cause, error?.details]), /hush/);
  });
});
