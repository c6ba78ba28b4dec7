import { activityInfo, log } from '@temporalio/activity';
import { messageOf } from '../errors.ts';
import { putJson } from '../plan/json-document.ts';
import { recordName } from '../plan/records.ts';
import type { PlanStore } from '../plan/store.ts';
import { createTrafficLog, withTraffic } from '../registry/traffic.ts';
import type { PhaseName } from '../workflows/messages.ts';

/**
 * An activity that leaves in its run's records what it asked of each host over time, however it ends. Only reports read
 * that, so that a store which cannot take it costs the chart and nothing else.
 */
export function recordingTraffic<I extends { readonly run: string }, O>(
  phase: PhaseName,
  store: PlanStore,
  activity: (input: I) => Promise<O>,
): (input: I) => Promise<O> {
  return async (input) => {
    const traffic = createTrafficLog();
    try {
      return await withTraffic(traffic, () => activity(input));
    } finally {
      const series = traffic.series();
      if (Object.keys(series.hosts).length > 0) {
        const name = recordName(input.run, 'traffic', `${phase}/${attemptPart()}`);
        await putJson(store, series)
          .then((digest) => store.point(name, digest))
          .catch((error: unknown) => log.warn(`the traffic of ${phase} is not on record: ${messageOf(error)}`));
      }
    }
  };
}

/** Tells apart what attempts of activities leave, over all runs of a chain. */
export function attemptPart(): string {
  const { workflowExecution, activityId, attempt } = activityInfo();
  const run = workflowExecution?.runId.slice(-12) ?? 'run';
  return `${run}-${activityId}-${attempt}`.toLowerCase();
}
