import type { Command } from 'commander';
import { PromoterError } from '../errors.ts';

// The spellings that Go's strconv.ParseBool takes, and therefore kpromo's flags.
const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/**
 * Rewrites `--flag=true` to `--flag` and `--flag=false` to `--no-flag`, for every boolean flag that a command or one of
 * its sub-commands declares; what follows `--` is left alone.
 *
 * @throws PromoterError `UsageInvalid` for a value that is neither
 */
export function expandBooleanFlags(program: Command, args: readonly string[]): readonly string[] {
  const flags = booleanFlags(program);
  const end = args.indexOf('--');
  const own = end < 0 ? args : args.slice(0, end);
  return [...own.map((argument) => expand(argument, flags)), ...args.slice(own.length)];
}

function expand(argument: string, flags: ReadonlySet<string>): string {
  const equals = argument.indexOf('=');
  const flag = argument.slice(0, equals);
  if (equals < 0 || !flags.has(flag)) return argument;
  const text = argument.slice(equals + 1);
  const value = parseBoolean(text);
  if (value === undefined) throw new PromoterError('UsageInvalid', `${flag} takes true or false, not '${text}'`);
  return value ? flag : flag.replace('--', '--no-');
}

/** The value of a boolean flag; undefined for a text that is none. */
export function parseBoolean(text: string): boolean | undefined {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

function booleanFlags(command: Command): ReadonlySet<string> {
  const own = command.options.filter((option) => option.isBoolean()).map(({ long }) => long ?? '');
  return new Set([...own, ...command.commands.flatMap((child) => [...booleanFlags(child)])]);
}

/** Declares a boolean flag that `--flag=false` turns off again; the negated form is not shown in the help. */
export function booleanFlag(command: Command, name: string, description: string, value = false): Command {
  command.addOption(command.createOption(`--${name}`, description).default(value || undefined));
  command.addOption(command.createOption(`--no-${name}`).hideHelp());
  return command;
}
