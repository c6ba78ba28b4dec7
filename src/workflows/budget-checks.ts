import { numberOf, objectOf, onlyFields, optionalTexts, refuse, textOf, type UpdateArgument } from './update-checks.ts';

/** Below it a host would be asked so rarely that runs look hung. */
const LOWEST_CEILING = 0.1;
/** Above what any registry answers; a ceiling beyond it is a slip of the hand. */
const HIGHEST_RATE = 100_000;

/** Refuses what is no lease request. */
export function checkLeaseRequest(input: unknown): void {
  const request = objectOf(input, '{"worker": "a name", "want": 50}');
  textOf(request, 'worker');
  numberOf(request, 'want', 0);
  for (const field of ['granted', 'retryAfterMs']) if (request[field] !== undefined) numberOf(request, field, 0);
  if (request['ceiling'] !== undefined) numberOf(request, 'ceiling', LOWEST_CEILING);
  const { part } = request;
  if (part !== undefined && !(typeof part === 'number' && part > 0 && part <= 1))
    refuse('part must be above 0, up to 1');
  optionalFlag(request, 'sawThrottle');
}

/** Refuses what is no change of the ceiling. */
export function checkCeilingChange(input: unknown): void {
  const change = objectOf(input, '{"requestsPerSecond": 50}');
  onlyFields(change, ['requestsPerSecond']);
  checkCeiling(change);
}

/** Refuses requests a second that no host can be limited to; `null` lifts a limit. */
export function checkCeiling(change: UpdateArgument): void {
  if (change['requestsPerSecond'] === null) return;
  const rate = numberOf(change, 'requestsPerSecond', LOWEST_CEILING);
  if (rate > HIGHEST_RATE) refuse(`requestsPerSecond is ${rate}; the most is ${HIGHEST_RATE}`);
}

/** Refuses what is no wish to write. */
export function checkWriterRequest(input: unknown): void {
  const request = objectOf(input, '{"workflowId": "promotion/…"}');
  textOf(request, 'workflowId');
  optionalTexts(request, ['insteadOf']);
  optionalFlag(request, 'atRest');
}

function optionalFlag(request: UpdateArgument, field: string): void {
  const value = request[field];
  if (value !== undefined && typeof value !== 'boolean') refuse(`${field} must be true or false`);
}
