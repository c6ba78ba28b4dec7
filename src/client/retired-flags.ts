import type { Command } from 'commander';
import { Option } from 'commander';
import { booleanFlag } from './boolean-flags.ts';
import { numberOption } from './number-option.ts';

/** A flag that some version of kpromo had: accepted, so that old jobs go on running, and explained. */
interface RetiredFlag {
  readonly name: string;
  readonly takes: 'nothing' | 'text' | 'count';
  /** What to do instead, or why nothing needs to be done. */
  readonly instead: string;
}

const RETIRED: readonly RetiredFlag[] = [
  { name: 'threads', takes: 'count', instead: 'every registry host gets as much at once as it grants' },
  { name: 'json-log-summary', takes: 'nothing', instead: 'give --json for the whole result as JSON' },
  {
    name: 'key-files',
    takes: 'text',
    instead: "workers have credentials of their own (docs/kpromo.md, 'Credentials')",
  },
  {
    name: 'snapshot-service-account',
    takes: 'text',
    instead: "registries are read with the process's own credentials (docs/kpromo.md, 'Credentials')",
  },
  {
    name: 'use-service-account',
    takes: 'nothing',
    instead: "workers have credentials of their own (docs/kpromo.md, 'Credentials')",
  },
  { name: 'max-signature-copies', takes: 'count', instead: 'mirrors get their signatures as fast as they grant' },
  { name: 'max-image-size', takes: 'text', instead: 'images of any size are promoted, as with kpromo' },
  { name: 'use-legacy-pipeline', takes: 'nothing', instead: 'there is one way to promote' },
  {
    name: 'generate-promotion-provenance',
    takes: 'nothing',
    instead: 'promotions are attested whenever they are signed (--sign)',
  },
  { name: 'repository', takes: 'text', instead: 'it belonged to --check-manifest-lists-from-snapshot' },
];

/** Declares the flags that are accepted and do nothing; the help does not show them. */
export function addRetiredFlags(command: Command): Command {
  for (const { name, takes } of RETIRED) {
    if (takes === 'nothing') {
      booleanFlag(command, name, '');
      for (const option of command.options) if (option.long === `--${name}`) option.hideHelp();
    } else if (takes === 'count') {
      command.addOption(numberOption(`--${name} <count>`, '', { from: 1 }).hideHelp());
    } else {
      command.addOption(new Option(`--${name} <value>`).hideHelp());
    }
  }
  return command;
}

/** A sentence for each retired flag that was given. */
export function retirementNotes(given: ReadonlySet<string>): readonly string[] {
  return RETIRED.filter(({ name }) => given.has(new Option(`--${name}`).attributeName())).map(
    ({ name, instead }) => `--${name} is deprecated and has no effect: ${instead}`,
  );
}
