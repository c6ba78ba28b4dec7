import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { PromoterError, isTransient, messageOf } from '../errors.ts';

/** The server cuts an activity's failure at 4 KiB (`limit.mutableStateActivityFailureSize.error`). */
const LONGEST_MESSAGE = 3_000;

/**
 * The failure that an operator reads in the UI for anything an activity throws: the error's code as its type, no retry
 * where a retry cannot help, and the delay that the other side asked for.
 */
export function toFailure(thrown: unknown): Error {
  if (thrown instanceof ApplicationFailure || thrown instanceof CancelledFailure) return thrown;
  if (thrown instanceof PromoterError) {
    const failure = ApplicationFailure.create({
      message: thrown.message.slice(0, LONGEST_MESSAGE),
      type: thrown.code,
      nonRetryable: !isTransient(thrown.code),
      ...(thrown.retryAfterMs === undefined ? {} : { nextRetryDelay: thrown.retryAfterMs }),
    });
    // The message says it all; a stack would only tell where this worker's files are.
    failure.stack = '';
    return failure;
  }
  return ApplicationFailure.create({
    message: messageOf(thrown).slice(0, LONGEST_MESSAGE),
    type: 'Unexpected',
    ...(thrown instanceof Error ? { cause: thrown } : {}),
  });
}

/** An activity that fails with what {@link toFailure} makes of its errors. */
export function failingClearly<I, O>(activity: (input: I) => Promise<O>): (input: I) => Promise<O> {
  return async (input) => {
    try {
      return await activity(input);
    } catch (error) {
      throw toFailure(error);
    }
  };
}
