import { cancellationSignal } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/**
 * Rethrows Temporal's own reason when an attempt was cancelled, paused or reset, whatever the layers below made of the
 * abort: an `AbortError` that leaves an activity would be reported as a cancellation, and a reset would then end it.
 */
export const rethrowCancellation: ActivityInterceptorsFactory = () => ({
  inbound: {
    async execute(input, next) {
      try {
        return await next(input);
      } catch (error) {
        if (error instanceof CancelledFailure) throw error;
        cancellationSignal().throwIfAborted();
        throw error;
      }
    },
  },
});
