import type { Argument, Command, Option } from 'commander';

/** What can stand where somebody asks: words with what they mean, and whether the name of a file can, too. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly files: boolean;
}

export interface Candidate {
  readonly word: string;
  readonly meaning: string;
}

/** Placeholders that stand for files and folders; any other stands for something that no shell can know. */
const PLACE = /[<[](?:file|folder|path|place|manifest)/;

const HELP: Candidate = { word: '--help', meaning: 'print help' };

/**
 * Completes a command line.
 *
 * @param words what has been typed behind the program's name; the last is the one to complete, and may be empty
 */
export function complete(program: Command, words: readonly string[]): Completion {
  const word = words.at(-1) ?? '';
  const { command, option, position } = follow(program, words.slice(0, -1));
  if (option !== undefined) return begin(word, valuesOf(option));
  const [, flag, typed] = /^(--[^=]+)=(.*)$/.exec(word) ?? [];
  if (flag !== undefined && typed !== undefined) return completeValue(command, flag, typed);
  if (word.startsWith('-')) return begin(word, { candidates: [...optionsOf(command).map(flagOf), HELP], files: false });
  return begin(word, argumentsOf(command, position));
}

interface Place {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly option?: Option;
  /** How many arguments of the command there are before. */
  readonly position: number;
}

function follow(program: Command, words: readonly string[]): Place {
  let command = program;
  let position = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const option = word.startsWith('-') ? findOption(command, word) : undefined;
    if (option?.required === true) {
      at++;
      if (at === words.length) return { command, option, position };
      continue;
    }
    if (word.startsWith('-')) continue;
    const child = command.commands.find((one) => one.name() === word);
    if (child === undefined) position++;
    else [command, position] = [child, 0];
  }
  return { command, position };
}

function completeValue(command: Command, flag: string, typed: string): Completion {
  const option = findOption(command, flag);
  if (option === undefined) return { candidates: [], files: false };
  const { candidates, files } = begin(typed, valuesOf(option));
  return { candidates: candidates.map(({ word, meaning }) => ({ word: `${flag}=${word}`, meaning })), files };
}

function valuesOf(option: Option): Completion {
  return choicesOf(option) ?? { candidates: [], files: PLACE.test(option.flags) };
}

function argumentsOf(command: Command, position: number): Completion {
  const children = command
    .createHelp()
    .visibleCommands(command)
    .map((child) => ({ word: child.name(), meaning: child.description() }));
  const declared: readonly Argument[] = command.registeredArguments;
  const last = declared.at(-1);
  const argument = declared[position] ?? (last?.variadic === true ? last : undefined);
  const choices = argument === undefined ? undefined : choicesOf(argument);
  return {
    candidates: [...children, ...(choices?.candidates ?? [])],
    files: argument !== undefined && PLACE.test(`<${argument.name()}`),
  };
}

function choicesOf({ argChoices }: { readonly argChoices?: readonly string[] }): Completion | undefined {
  return argChoices === undefined
    ? undefined
    : { candidates: argChoices.map((word) => ({ word, meaning: '' })), files: false };
}

function begin(word: string, { candidates, files }: Completion): Completion {
  return { candidates: candidates.filter((candidate) => candidate.word.startsWith(word)), files };
}

function optionsOf(command: Command): readonly Option[] {
  return command.options.filter(({ hidden }) => !hidden);
}

function findOption(command: Command, flag: string): Option | undefined {
  return command.options.find(({ long, short }) => flag === long || flag === short);
}

function flagOf({ long, short, description }: Option): Candidate {
  return { word: long ?? short ?? '', meaning: description };
}
