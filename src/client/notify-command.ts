import { Command } from 'commander';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import type { CommandOutput } from './output.ts';

export interface NotifyOptions extends ServerOptions {
  readonly json?: boolean;
}

/** The command that tries notifications. */
export function notifyCommand(output: CommandOutput): Command {
  const test = new Command('test')
    .description('send a test notification to the configured targets, from here, and say what came of it')
    .argument('[targets...]', 'names of targets; all of them unless given');
  addServerOptions(test).action(async (names: readonly string[], options: NotifyOptions) => {
    const { runNotifyTest } = await import('./notify.ts');
    await runNotifyTest(names, options, output);
  });
  return new Command('notify').description('try who is told what happens to runs').addCommand(test);
}
