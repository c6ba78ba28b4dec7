import { Argument, Command } from 'commander';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import type { CommandOutput } from './output.ts';
import type { ManifestFlags } from './manifest-flags.ts';
import { addReplicationOptions, type ReplicateOptions } from './replicate-command.ts';

export interface ScheduleOptions extends ServerOptions {
  readonly note?: string;
}

export interface ApplyOptions
  extends
    ServerOptions,
    ManifestFlags,
    Pick<ReplicateOptions, 'replication' | 'auditInterval' | 'readBackInterval' | 'maxSignatureCopies'> {
  readonly every: string;
}

const ACTIONS = {
  show: 'print when it runs, what it does, and how its last runs went',
  pause: 'start no more runs until it is resumed',
  resume: 'start runs again',
  trigger: 'start a run now',
  delete: 'remove the schedule; runs that are under way go on',
} as const;

export type ScheduleAction = keyof typeof ACTIONS;

/** The commands that look after the schedule of replication. */
export function scheduleCommand(output: CommandOutput): Command {
  const schedule = new Command('schedule').description('replicate signatures by schedule');
  const apply = new Command('apply')
    .description('create the schedule, or change it to what is said here')
    .addArgument(new Argument('<name>', 'which schedule').choices(['replication']));
  addReplicationOptions(apply).option('--every <duration>', 'time from one run to the next', '30 minutes');
  addServerOptions(apply).action(async (_: string, options: ApplyOptions) => {
    const { applySchedule } = await import('./schedule.ts');
    await applySchedule(options, output);
  });
  schedule.addCommand(apply);
  for (const [action, description] of Object.entries(ACTIONS) as [ScheduleAction, string][]) {
    const command = new Command(action)
      .description(description)
      .addArgument(new Argument('<name>', 'which schedule').choices(['replication']));
    if (action === 'pause' || action === 'resume') command.option('--note <text>', 'why, for whoever looks at it');
    addServerOptions(command).action(async (_: string, options: ScheduleOptions) => {
      const { steerSchedule } = await import('./schedule.ts');
      await steerSchedule(action, options, output);
    });
    schedule.addCommand(command);
  }
  return schedule;
}
