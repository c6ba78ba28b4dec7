import type { Command } from 'commander';
import type { ConfigFlags } from '../config.ts';
import { booleanFlag } from './boolean-flags.ts';

/** What every command takes that talks to a Temporal server. */
export interface ServerOptions extends ConfigFlags {
  readonly json?: boolean;
}

/** Declares the options that say which server, and how to print. */
export function addServerOptions(command: Command): Command {
  addConfigOption(command.optionsGroup('Where the work is done:'))
    .option(
      '--address <host:port>',
      'Temporal server; without any, one is started for the time being (TEMPORAL_ADDRESS)',
    )
    .option('--namespace <name>', "namespace on the server, 'default' if none is named (TEMPORAL_NAMESPACE)")
    .option('--task-queue <name>', "queue that the workers poll, 'promotion' if none is named (PROMOTER_TASK_QUEUE)")
    .option('--ui-address <url>', "address of the server's UI, for links (TEMPORAL_UI_ADDRESS)")
    .option(
      '--plan-store <place>',
      'what is shared with the workers for manifests and plans: a folder, or oci://host/repository (PROMOTER_PLAN_STORE)',
    )
    .option('--state <folder>', 'folder for what must outlive this process (PROMOTER_STATE)')
    .optionsGroup('What is printed:')
    .option('--log-level <level>', 'error, warn, info, debug or trace; from debug on errors show where they arose');
  return booleanFlag(command, 'json', 'print the result as one JSON document');
}

/** Declares the option that names the configuration file. */
export function addConfigOption(command: Command): Command {
  return command.option(
    '--config <file>',
    'promoter.yaml; that in this folder or in ~/.config/image-promoter unless given (PROMOTER_CONFIG)',
  );
}
