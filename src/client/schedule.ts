import { ScheduleOverlapPolicy, type ScheduleDescription } from '@temporalio/client';
import { loadConfig, type Config } from '../config.ts';
import { PromoterError } from '../errors.ts';
import { replicationQueue } from '../workflows/replication-messages.ts';
import { writeJsonResult } from './json-result.ts';
import { chooseInput } from './manifest-flags.ts';
import type { CommandOutput } from './output.ts';
import { handOver } from './promotion-input.ts';
import { replicationFields } from './replicate.ts';
import { ensureSchedule, milliseconds, REPLICATION_SCHEDULE, withSchedule } from './replication-schedule.ts';
import type { ApplyOptions, ScheduleAction, ScheduleOptions } from './schedule-command.ts';
import { withSession } from './session-loop.ts';
import type { TemporalSession } from './temporal-session.ts';
import { formatDuration } from './units.ts';

/** Creates or changes the schedule. @throws PromoterError */
export async function applySchedule(options: ApplyOptions, output: CommandOutput): Promise<void> {
  const config = await loadConfig(options);
  requireServer(config);
  const every = milliseconds(options.every, '--every');
  milliseconds(options.auditInterval, '--audit-interval');
  milliseconds(options.readBackInterval, '--read-back-interval');
  const { requested } = await handOver(await chooseInput(options), options.lenient === true, config, output);
  const request = { ...requested, confirm: true, ...replicationFields(options) };
  const taskQueue = replicationQueue(config.taskQueue);
  const result = await onServer(config, output, ({ client }) => ensureSchedule(client, { request, taskQueue, every }));
  if (options.json === true) await writeJsonResult(output.stdout, { result, schedule: REPLICATION_SCHEDULE, request });
  else output.stdout.write(`${result} ${REPLICATION_SCHEDULE}, every ${formatDuration(every)}\n`);
}

/** Does something with the schedule that is there. @throws PromoterError `RunUnknown` when there is none */
export async function steerSchedule(
  action: ScheduleAction,
  options: ScheduleOptions,
  output: CommandOutput,
): Promise<void> {
  const config = await loadConfig(options);
  requireServer(config);
  await onServer(config, output, ({ client }) =>
    withSchedule(async () => {
      const handle = client.schedule.getHandle(REPLICATION_SCHEDULE);
      switch (action) {
        case 'show':
          return printSchedule(await handle.describe(), options, output);
        case 'pause':
          await handle.pause(options.note);
          break;
        case 'resume':
          await handle.unpause(options.note);
          break;
        case 'trigger':
          // Otherwise it would begin beside one that is at work.
          await handle.trigger(ScheduleOverlapPolicy.BUFFER_ONE);
          break;
        case 'delete':
          await handle.delete();
          break;
      }
      if (options.json === true) await writeJsonResult(output.stdout, { schedule: REPLICATION_SCHEDULE, done: action });
      else output.stdout.write(`${action} ${REPLICATION_SCHEDULE}: done\n`);
    }),
  );
}

async function printSchedule(
  { info, state, spec, policies, action }: ScheduleDescription,
  { json }: ScheduleOptions,
  { stdout }: CommandOutput,
): Promise<void> {
  const every = spec.intervals?.[0]?.every;
  const runs = info.recentActions.map(({ takenAt, action: taken }) => ({
    startedAt: taken.type === 'startWorkflow' ? takenAt : undefined,
    workflowId: taken.workflow.workflowId,
    runId: taken.workflow.firstExecutionRunId,
  }));
  const running = info.runningActions.map(({ workflow }) => workflow.workflowId);
  const [request] = action.args ?? [];
  const next = info.nextActionTimes[0];
  if (json === true) {
    const { paused, note } = state;
    const policy = { ...policies, overlap: policies.overlap };
    return writeJsonResult(stdout, {
      schedule: REPLICATION_SCHEDULE,
      every,
      paused,
      note,
      next,
      running,
      runs,
      policy,
      request,
    });
  }
  const lines = [
    `${REPLICATION_SCHEDULE}: every ${formatDuration(every ?? 0)}${state.paused ? `, paused${state.note === undefined ? '' : ` (${state.note})`}` : ''}`,
    `next run: ${state.paused ? 'none while it is paused' : (next?.toISOString() ?? 'none')}`,
    ...running.map((id) => `running: ${id}`),
    ...runs.slice(-5).map(({ workflowId, startedAt }) => `last runs: ${startedAt?.toISOString() ?? ''} ${workflowId}`),
    `request: ${JSON.stringify(request)}`,
  ];
  stdout.write(lines.map((line) => `${line}\n`).join(''));
}

function onServer<T>(
  config: Config,
  output: CommandOutput,
  body: (session: TemporalSession) => Promise<T>,
): Promise<T> {
  const onNote = (line: string): void => void output.stderr.write(`${line}\n`);
  return withSession(config, { worker: false, onNote }, body);
}

function requireServer({ temporal }: Config): void {
  if (temporal !== undefined) return;
  throw new PromoterError(
    'ConfigInvalid',
    'a schedule needs a Temporal server that goes on running: set TEMPORAL_ADDRESS (host:port) or give --address',
  );
}
