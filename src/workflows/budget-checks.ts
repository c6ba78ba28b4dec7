import { ApplicationFailure } from '@temporalio/workflow';

/** Below it a host would be asked so rarely that runs look hung. */
const LOWEST_CEILING = 0.1;
/** Above what any registry answers; a ceiling beyond it is a slip of the hand. */
const HIGHEST_RATE = 100_000;

/** Refuses what is no lease request. */
export function checkLeaseRequest(input: unknown): void {
  const request = objectOf(input, '{"worker": "a name", "want": 50}');
  textOf(request, 'worker');
  rateOf(request, 'want', 0);
  for (const field of ['granted', 'retryAfterMs']) if (request[field] !== undefined) rateOf(request, field, 0);
  if (request['ceiling'] !== undefined) rateOf(request, 'ceiling', LOWEST_CEILING);
  const { part, sawThrottle } = request;
  if (part !== undefined && !(typeof part === 'number' && part > 0 && part <= 1))
    refuse('part must be above 0, up to 1');
  if (sawThrottle !== undefined && typeof sawThrottle !== 'boolean') refuse('sawThrottle must be true or false');
}

/** Refuses what is no change of the ceiling. */
export function checkCeilingChange(input: unknown): void {
  const change = objectOf(input, '{"requestsPerSecond": 50}');
  const unknown = Object.keys(change).find((field) => field !== 'requestsPerSecond');
  if (unknown !== undefined) refuse(`'${unknown}' is not known here: only requestsPerSecond is`);
  if (change['requestsPerSecond'] === null) return;
  rateOf(change, 'requestsPerSecond', LOWEST_CEILING);
  const rate = change['requestsPerSecond'] as number;
  if (rate > HIGHEST_RATE) refuse(`requestsPerSecond is ${rate}; the most is ${HIGHEST_RATE}`);
}

/** Refuses what is no wish to write. */
export function checkWriterRequest(input: unknown): void {
  const request = objectOf(input, '{"workflowId": "promotion/…"}');
  textOf(request, 'workflowId');
  if (request['insteadOf'] !== undefined) textOf(request, 'insteadOf');
}

function objectOf(input: unknown, example: string): Readonly<Record<string, unknown>> {
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Record<string, unknown>;
  return refuse(`the argument must be an object such as ${example}`);
}

function textOf(input: Readonly<Record<string, unknown>>, field: string): void {
  if (typeof input[field] !== 'string' || input[field] === '') refuse(`${field} must be a text`);
}

function rateOf(input: Readonly<Record<string, unknown>>, field: string, least: number): void {
  const value = input[field];
  if (typeof value !== 'number' || !Number.isFinite(value)) refuse(`${field} must be a number`);
  else if (value < least) refuse(`${field} is ${value}; the least is ${least}`);
}

// What is thrown here is what the UI shows beside the form; a refused Update leaves no trace in the history.
function refuse(message: string): never {
  throw ApplicationFailure.nonRetryable(message, 'UpdateRejected');
}
