import { Command, InvalidArgumentError } from 'commander';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import type { CommandOutput } from './output.ts';

export interface ListOptions extends ServerOptions {
  readonly limit: number;
}

/** The command that lists runs. */
export function listCommand(output: CommandOutput): Command {
  const command = new Command('list')
    .description('list the latest promotions and dry runs')
    .option('--limit <number>', 'how many', parseLimit, 20);
  return addServerOptions(command).action(async (options: ListOptions) => {
    const { runList } = await import('./list.ts');
    await runList(options, output);
  });
}

function parseLimit(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}
