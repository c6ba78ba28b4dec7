import type { Client } from '@temporalio/client';
import type { Instruments } from './instruments.ts';

/** Workflow types whose schedules are ours to watch. */
const OURS: ReadonlySet<string> = new Set(['promotion', 'signatureReplication']);

/** The metric's label, and what the search attribute says. */
const STATES = {
  running: 'Running',
  held: 'Held',
  paused: 'Paused',
  'awaiting-approval': 'AwaitingApproval',
  frozen: 'Frozen',
} as const;

const OPEN_PROMOTIONS = 'WorkflowType = "promotion" AND ExecutionStatus = "Running"';

/**
 * Asks the Temporal server which promotions are open and how the schedules stand. That a run is held is known there even
 * when the worker that held it is gone, so it is not counted by workers.
 *
 * @throws whatever the server's client throws
 */
export async function takeCensus(client: Client, instruments: Instruments): Promise<void> {
  for (const [state, value] of Object.entries(STATES)) {
    const { count } = await client.workflow.count(`${OPEN_PROMOTIONS} AND PromoterState = "${value}"`);
    instruments.runs(count, { state });
  }
  for await (const { scheduleId, action } of client.schedule.list()) {
    if (action !== undefined && OURS.has(action.workflowType)) await lookAtSchedule(client, scheduleId, instruments);
  }
}

async function lookAtSchedule(client: Client, schedule: string, instruments: Instruments): Promise<void> {
  const { info, state } = await client.schedule.getHandle(schedule).describe();
  const last = info.recentActions.at(-1)?.takenAt;
  const [next] = state.paused ? [] : info.nextActionTimes;
  if (last !== undefined) instruments.scheduleLast(last.getTime() / 1000, { schedule });
  instruments.scheduleNext((next?.getTime() ?? 0) / 1000, { schedule });
  instruments.scheduleMissed(info.numActionsMissedCatchupWindow, { schedule });
}
