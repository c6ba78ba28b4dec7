import { Command } from 'commander';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import type { CommandOutput } from './output.ts';

const SHOW_HELP = `
No secret is among the settings, so what is printed can be shown to anybody.
`;

/** The commands that show and check the configuration. */
export function configCommand(output: CommandOutput): Command {
  const command = new Command('config').description('show and check what is configured, and where it was said');
  addServerOptions(
    command
      .command('show')
      .description('print every setting that has a value, and the flag, variable or file it is from'),
  )
    .addHelpText('after', SHOW_HELP)
    .action(async (options: ServerOptions) => {
      const { showConfiguration } = await import('./config.ts');
      await showConfiguration(options, output);
    });
  command
    .command('validate')
    .description('check a configuration file; the one that would be used unless one is named')
    .argument('[file]', 'a promoter.yaml')
    .action(async (file?: string) => {
      const { validateConfiguration } = await import('./config.ts');
      await validateConfiguration(file, output);
    });
  command
    .command('schema')
    .description('print the JSON Schema of promoter.yaml, for editors')
    .action(async () => {
      const { configurationJsonSchema } = await import('../configuration/json-schema.ts');
      output.stdout.write(`${JSON.stringify(configurationJsonSchema(), null, 2)}\n`);
    });
  return command;
}
