import { Command, InvalidArgumentError, Option } from 'commander';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import type { CommandOutput } from './output.ts';
import type { RunKind } from './run-status.ts';

export interface ListOptions extends ServerOptions {
  readonly limit: number;
  readonly kind?: RunKind;
}

const KINDS: readonly RunKind[] = ['promotion', 'replication', 'files'];

/** The command that lists runs. */
export function listCommand(output: CommandOutput): Command {
  const command = new Command('list')
    .description('list the latest runs: promotions of images and files, dry runs, replications of signatures')
    .option('--limit <number>', 'how many', parseLimit, 20)
    .addOption(new Option('--kind <kind>', 'only these').choices(KINDS));
  return addServerOptions(command).action(async (options: ListOptions) => {
    const { runList } = await import('./list.ts');
    await runList(options, output);
  });
}

function parseLimit(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}
