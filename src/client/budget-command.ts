import { Command, InvalidArgumentError } from 'commander';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import type { CommandOutput } from './output.ts';

/** The command that shows or limits what all workers together ask of a registry. */
export function budgetCommand(output: CommandOutput): Command {
  const command = new Command('budget')
    .description('show what all workers together ask of a registry, or limit it')
    .argument('<host>', 'registry host, with its port if it has one')
    .argument(
      '[rps]',
      "requests a second, from now on and until told otherwise; 'default' for what the workers are configured with",
      parseRate,
    );
  return addServerOptions(command).action(
    async (host: string, rate: number | 'default' | undefined, options: ServerOptions) => {
      const { runBudget } = await import('./budget.ts');
      await runBudget(host, rate, options, output);
    },
  );
}

function parseRate(text: string): number | 'default' {
  if (text === 'default') return text;
  const rate = Number(text);
  if (!Number.isFinite(rate) || rate < 0.1 || rate > 100_000) {
    throw new InvalidArgumentError("It must be a number from 0.1 to 100000, or 'default'.");
  }
  return rate;
}
