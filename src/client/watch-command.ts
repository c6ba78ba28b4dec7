import { Command } from 'commander';
import { booleanFlag } from './boolean-flags.ts';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import type { CommandOutput } from './output.ts';

export interface WatchOptions extends ServerOptions {
  readonly ui?: boolean;
}

/** The command that follows a run that is under way. */
export function watchCommand(output: CommandOutput): Command {
  const command = new Command('watch')
    .description('follow a run to its end and print what came of it; a held phase is waited for')
    .argument('<id>', 'workflow id');
  booleanFlag(command, 'ui', 'start the UI with the server that is started here');
  return addServerOptions(command).action(async (id: string, options: WatchOptions) => {
    const { runWatch } = await import('./decide.ts');
    await runWatch(id, options, output);
  });
}
