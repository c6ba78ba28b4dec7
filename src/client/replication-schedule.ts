import type { ScheduleOptions } from '@temporalio/client';
import { ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import { msToNumber } from '@temporalio/common/lib/time.js';
import { PromoterError } from '../errors.ts';
import type { signatureReplication } from '../workflows/index.ts';
import type { ReplicationRequest } from '../workflows/replication-messages.ts';

/** The schedule's id, and the beginning of its runs' workflow ids. */
export const REPLICATION_SCHEDULE = 'signature-replication';

export interface ReplicationSchedule {
  readonly request: ReplicationRequest;
  readonly taskQueue: string;
  /** Milliseconds. */
  readonly every: number;
}

/**
 * What the server is told. Runs never overlap: one that is due while another is at work begins when that ends. Runs that
 * were missed are not made up for, since one does the work of all; a failed run neither pauses the schedule nor is
 * tried again as a whole (temporalio/temporal#10579), for the next one does what it left.
 */
export function scheduleOptions({
  request,
  taskQueue,
  every,
}: ReplicationSchedule): Pick<ScheduleOptions, 'spec' | 'action' | 'policies'> {
  return {
    spec: { intervals: [{ every }] },
    action: {
      type: 'startWorkflow',
      workflowType: 'signatureReplication',
      workflowId: REPLICATION_SCHEDULE,
      taskQueue,
      args: [{ ...request, every }],
      workflowExecutionTimeout: '24 hours',
      staticSummary: 'Replicate signatures',
    },
    policies: { overlap: ScheduleOverlapPolicy.BUFFER_ONE, catchupWindow: every, pauseOnFailure: false },
  };
}

/** Creates the schedule; whether there was none. */
export async function createSchedule(client: Client, schedule: ReplicationSchedule): Promise<boolean> {
  try {
    await client.schedule.create({ scheduleId: REPLICATION_SCHEDULE, ...scheduleOptions(schedule) });
    return true;
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return false;
    throw error;
  }
}

/** Creates the schedule, or changes the one that is there to this definition; whether it is paused stays as it is. */
export async function ensureSchedule(client: Client, schedule: ReplicationSchedule): Promise<'created' | 'updated'> {
  if (await createSchedule(client, schedule)) return 'created';
  const handle = client.schedule.getHandle(REPLICATION_SCHEDULE);
  const desired = scheduleOptions(schedule);
  await handle.update<typeof signatureReplication>(({ state }) => ({ ...desired, state }) as never);
  return 'updated';
}

/** A duration as options and requests have it. @throws PromoterError `UsageInvalid` */
export function milliseconds(text: string, flag: string): number {
  try {
    const value = msToNumber(text as Parameters<typeof msToNumber>[0]);
    if (Number.isFinite(value) && value >= 1_000) return value;
  } catch {
    // Said below.
  }
  throw new PromoterError(
    'UsageInvalid',
    `${flag}: '${text}' is no duration of a second or more; write e.g. "30 minutes"`,
  );
}

/** Runs a call on the schedule. @throws PromoterError `RunUnknown` when there is none */
export async function withSchedule<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new PromoterError(
      'RunUnknown',
      'there is no such schedule; create it by promoter schedule apply replication',
      {
        cause: error,
      },
    );
  }
}
