import { Command } from 'commander';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import type { CommandOutput } from './output.ts';

/** The command that says how a run stands. */
export function statusCommand(output: CommandOutput): Command {
  const command = new Command('status')
    .description(
      'say how a run stands; its exit code tells: 0 running or done, 1 failed, 3 quarantined or residue, 4 held',
    )
    .argument('[id]', 'workflow id; the latest promotion if none is given');
  return addServerOptions(command).action(async (id: string | undefined, options: ServerOptions) => {
    const { runStatus } = await import('./status.ts');
    await runStatus(id, options, output);
  });
}
