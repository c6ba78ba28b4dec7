import { ApplicationFailure } from '@temporalio/workflow';
import { hasControls } from './plain-text.ts';

/** Longer than any name or reason that people write; the run carries each text along, and the UI shows it. */
const LONGEST_TEXT = 1_000;
/** How much is repeated of a name that nobody knows. */
const LONGEST_NAME = 100;

/** The argument of an Update as somebody typed it. */
export type UpdateArgument = Readonly<Record<string, unknown>>;

/**
 * Refuses an Update: it leaves no trace in the history, and whoever sent it reads the message.
 *
 * @throws ApplicationFailure `UpdateRejected`
 */
export function refuse(message: string): never {
  const failure = ApplicationFailure.nonRetryable(message, 'UpdateRejected');
  // The UI shows message and stack; only the former helps who typed it.
  failure.stack = '';
  throw failure;
}

/** Takes an argument that has to be there. @throws ApplicationFailure `UpdateRejected`, with the example */
export function objectOf(input: unknown, example: string): UpdateArgument {
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as UpdateArgument;
  return refuse(`the argument must be an object such as ${example}`);
}

/** Takes an argument that may be left out. @throws ApplicationFailure `UpdateRejected`, with the example */
export function optionalObjectOf(input: unknown, example: string): UpdateArgument {
  return input === undefined || input === null ? {} : objectOf(input, example);
}

/** Refuses fields that an Update does not know, which are slips of the hand. @throws ApplicationFailure `UpdateRejected` */
export function onlyFields(input: UpdateArgument, known: readonly string[]): void {
  const unknown = Object.keys(input).find((field) => !known.includes(field));
  if (unknown === undefined) return;
  const last = known.at(-1) ?? '';
  const names = known.length < 2 ? last : `${known.slice(0, -1).join(', ')} and ${last}`;
  refuse(`'${unknown.slice(0, LONGEST_NAME)}' is not known here: only ${names} ${known.length < 2 ? 'is' : 'are'}`);
}

/** Takes a text that has to be there, on one line and not too long. @throws ApplicationFailure `UpdateRejected` */
export function textOf(input: UpdateArgument, field: string): string {
  const value = input[field];
  if (typeof value !== 'string' || value.trim() === '') return refuse(`${field} must be a text`);
  if (value.length > LONGEST_TEXT) refuse(`${field} has ${value.length} characters; the most are ${LONGEST_TEXT}`);
  return hasControls(value) ? refuse(`${field} has a line break or another control character`) : value;
}

/** Refuses what is there and is no text. @throws ApplicationFailure `UpdateRejected` */
export function optionalTexts(input: UpdateArgument, fields: readonly string[]): void {
  for (const field of fields) if (input[field] !== undefined) textOf(input, field);
}

/** Takes a number that is not below the least. @throws ApplicationFailure `UpdateRejected` */
export function numberOf(input: UpdateArgument, field: string, least: number): number {
  const value = input[field];
  if (typeof value !== 'number' || !Number.isFinite(value)) return refuse(`${field} must be a number`);
  return value < least ? refuse(`${field} is ${value}; the least is ${least}`) : value;
}
