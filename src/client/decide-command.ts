import { Command } from 'commander';
import { booleanFlag } from './boolean-flags.ts';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import type { CommandOutput } from './output.ts';

export interface DecideOptions extends ServerOptions {
  readonly reason?: string;
  readonly ui?: boolean;
}

export type DecisionName = 'retry' | 'skip' | 'abort';

const DESCRIPTIONS: Readonly<Record<DecisionName, string>> = {
  retry: 'try a held phase again; after the end, start again what failed or was quarantined',
  skip: 'go on without the held phase (sign and attest only)',
  abort: 'end a run; what it has copied stays, and no tag is left incomplete',
};

/** A command that decides how a run goes on. */
export function decideCommand(name: DecisionName, output: CommandOutput): Command {
  const command = new Command(name)
    .description(DESCRIPTIONS[name])
    .argument('<id>', 'workflow id')
    .option('--reason <text>', 'why, for the record');
  booleanFlag(command, 'ui', 'start the UI with the server that is started here');
  return addServerOptions(command).action(async (id: string, options: DecideOptions) => {
    const { runDecision } = await import('./decide.ts');
    await runDecision(name, id, options, output);
  });
}
