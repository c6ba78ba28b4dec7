import { Command } from 'commander';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import type { CommandOutput } from './output.ts';

const EDGE = "as reports name it: host/repository:tag, host/repository@digest, or 'digest -> host/repository:tag'";

/** What every command takes that steers a run under way. */
export interface SteerOptions extends ServerOptions {
  readonly reason?: string;
  readonly by?: string;
}

export interface ApproveOptions extends SteerOptions {
  readonly plan?: string;
}

export interface DestinationOptions extends SteerOptions {
  readonly like?: string;
}

/** The command that keeps a run from working. */
export function pauseCommand(output: CommandOutput): Command {
  const command = new Command('pause')
    .description('stop a run where it is, until it is resumed: nothing is read or written meanwhile')
    .argument('<id>', 'workflow id');
  return addSteerOptions(command).action(async (id: string, options: SteerOptions) => {
    const { runPause } = await import('./steer.ts');
    await runPause(id, options, output);
  });
}

/** The command that lets a paused run go on. */
export function resumeCommand(output: CommandOutput): Command {
  const command = new Command('resume')
    .description('let a paused run go on where it was')
    .argument('<id>', 'workflow id');
  return addSteerOptions(command).action(async (id: string, options: SteerOptions) => {
    const { runResume } = await import('./steer.ts');
    await runResume(id, options, output);
  });
}

/** The command that lets a run promote which waits for an approval. */
export function approveCommand(output: CommandOutput): Command {
  const command = new Command('approve')
    .description('let a run promote that waits for an approval; who it is goes on record as claimed')
    .argument('<id>', 'workflow id')
    .option('--plan <digest>', 'approve this plan and no other');
  return addSteerOptions(command).action(async (id: string, options: ApproveOptions) => {
    const { runApprove } = await import('./steer.ts');
    await runApprove(id, options, output);
  });
}

/** The command that lets a run promote which waits for the end of a freeze. */
export function overrideFreezeCommand(output: CommandOutput): Command {
  const command = new Command('override-freeze')
    .description('let a run promote that waits for the end of a freeze')
    .argument('<id>', 'workflow id');
  return addSteerOptions(command).action(async (id: string, options: SteerOptions) => {
    const { runOverrideFreeze } = await import('./steer.ts');
    await runOverrideFreeze(id, options, output);
  });
}

/** The command that keeps an edge from being promoted. */
export function quarantineCommand(output: CommandOutput): Command {
  const command = new Command('quarantine')
    .description('keep an edge from being promoted by a run; the rest goes on, and the report says who did it and why')
    .argument('<id>', 'workflow id')
    .argument('<edge>', EDGE);
  return addSteerOptions(command).action(async (id: string, edge: string, options: SteerOptions) => {
    const { runQuarantine } = await import('./steer.ts');
    await runQuarantine(id, edge, options, output);
  });
}

/** The command that lets an edge be promoted after all. */
export function releaseCommand(output: CommandOutput): Command {
  const command = new Command('release')
    .description('let a run promote an edge after all that was quarantined by hand')
    .argument('<id>', 'workflow id')
    .argument('<edge>', EDGE);
  return addSteerOptions(command).action(async (id: string, edge: string, options: SteerOptions) => {
    const { runRelease } = await import('./steer.ts');
    await runRelease(id, edge, options, output);
  });
}

/** The command that has a run promote to one registry more. */
export function addDestinationCommand(output: CommandOutput): Command {
  const command = new Command('add-destination')
    .description('have a run promote to one registry more, as if its manifests named it')
    .argument('<id>', 'workflow id')
    .argument('<registry>', 'host and path, as manifests name it')
    .option('--like <registry>', 'the destination that it is to be like, where the manifests name different ones');
  return addSteerOptions(command).action(async (id: string, registry: string, options: DestinationOptions) => {
    const { runAddDestination } = await import('./steer.ts');
    await runAddDestination(id, registry, options, output);
  });
}

/** Declares who steers a run, why, and which server it is on. */
export function addSteerOptions(command: Command): Command {
  command
    .option('--reason <text>', 'why, for the record')
    .option('--by <name>', 'who, for the record; the name of this account unless given');
  return addServerOptions(command);
}
