import { InvalidArgumentError, Option } from 'commander';

/** The numbers that a flag takes; without `to` there is no upper end. */
export interface NumberRange {
  readonly from: number;
  readonly to?: number;
}

/** An option that takes a whole number, and refuses with a sentence what is outside of its range. */
export function numberOption(flags: string, description: string, range: NumberRange): Option {
  return new Option(flags, description).argParser((text) => parseInRange(text, range));
}

function parseInRange(text: string, { from, to = Number.MAX_SAFE_INTEGER }: NumberRange): number {
  const value = Number(text);
  if (/^[+-]?\d+$/.test(text) && value >= from && value <= to) return value;
  const upTo = to === Number.MAX_SAFE_INTEGER ? `from ${from}` : `from ${from} to ${to}`;
  throw new InvalidArgumentError(`It takes a whole number ${upTo}.`);
}
