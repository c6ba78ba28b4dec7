import type { ErrorCode } from '../errors.ts';
import { printable } from '../printable.ts';
import { messageOf, PromoterError } from '../errors.ts';

const ADVICE: Partial<Record<ErrorCode, string>> = {
  BucketDenied: 'Check the credentials of the worker, and what they may do there.',
  BucketNotFound: 'Check that the bucket exists, and that its name is right.',
  BucketUnavailable: 'It is tried again; if it lasts, look at the service and at the network in between.',
  FileConflict: 'Somebody else wrote there meanwhile: start again to look at what is there now.',
};

/** What a call was for, as messages say it: `write gs://bucket/file`. */
export interface Doing {
  readonly doing: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a call to a store, and turns what it throws into an error that an operator can act on.
 *
 * @param statusOf reads the HTTP status out of what the store's client throws; undefined when there was no answer
 */
export async function calling<T>(
  { doing, signal }: Doing,
  statusOf: (thrown: unknown) => number | undefined,
  call: () => Promise<T>,
): Promise<T> {
  try {
    signal?.throwIfAborted();
    return await call();
  } catch (error) {
    signal?.throwIfAborted();
    throw asFailure(doing, statusOf(error), error);
  }
}

/** The error for what a store answered; one that already says what happened stays as it is. */
export function asFailure(doing: string, status: number | undefined, thrown: unknown): PromoterError {
  const known = promoterErrorIn(thrown);
  if (known !== undefined) return known;
  const answered = status === undefined ? 'failed' : `was answered ${status}`;
  return failure(codeOfStatus(status), doing, `${answered}: ${printable(messageOf(thrown))}`, thrown);
}

/** An error with the advice that belongs to its code. */
export function failure(code: ErrorCode, doing: string, happened: string, cause?: unknown): PromoterError {
  const advice = ADVICE[code];
  const message = `could not ${doing}: it ${happened}`;
  return new PromoterError(code, advice === undefined ? message : `${message}. ${advice}`, { cause });
}

/** The error for a file that is not, or no longer, the one that was to be read. */
export function lost(address: string, cause?: unknown): PromoterError {
  return new PromoterError(
    'SourceLost',
    `could not read ${address}: it is not there, or not as it was when it was planned`,
    { cause },
  );
}

/** A store's client may wrap what the content threw while it was being uploaded. */
function promoterErrorIn(thrown: unknown): PromoterError | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof PromoterError) return error;
  }
  return undefined;
}

function codeOfStatus(status: number | undefined): ErrorCode {
  if (status === undefined || status === 408 || status === 409 || status === 429 || status >= 500) {
    return 'BucketUnavailable';
  }
  if (status === 401 || status === 403) return 'BucketDenied';
  if (status === 404) return 'BucketNotFound';
  return status === 412 ? 'FileConflict' : 'BucketRefused';
}
