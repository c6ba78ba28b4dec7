import { activityInfo, log } from '@temporalio/activity';
import { messageOf } from '../errors.ts';
import { putJson } from '../plan/json-document.ts';
import { recordName } from '../plan/records.ts';
import type { PlanStore } from '../plan/store.ts';
import { createTrafficLog, withTraffic, type TrafficLog } from '../registry/traffic.ts';
import type { PhaseName } from '../workflows/messages.ts';

/** What an activity says of registries that slowed it down, beside its result. */
export interface Throttling {
  /** Answers 429, by host; absent when there was none. */
  readonly throttled?: Readonly<Record<string, number>>;
}

/**
 * An activity that leaves in its run's records what it asked of each host over time, however it ends. Only reports read
 * that, so that a store which cannot take it costs the chart and nothing else.
 */
export function recordingTraffic<I extends { readonly run: string }, O extends object>(
  phase: PhaseName,
  store: PlanStore,
  activity: (input: I) => Promise<O>,
): (input: I) => Promise<O & Throttling> {
  return async (input) => {
    const traffic = createTrafficLog();
    try {
      const result = await withTraffic(traffic, () => activity(input));
      return { ...result, ...throttlingOf(traffic) };
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

function throttlingOf(traffic: TrafficLog): Throttling {
  const counts = Object.entries(traffic.series().hosts)
    .map(([host, { throttled }]) => [host, throttled.reduce((sum, count) => sum + count, 0)] as const)
    .filter(([, count]) => count > 0);
  return counts.length === 0 ? {} : { throttled: Object.fromEntries(counts) };
}

/** Tells apart what attempts of activities leave, over all runs of a chain. */
export function attemptPart(): string {
  const { workflowExecution, activityId, attempt } = activityInfo();
  const run = workflowExecution?.runId.slice(-12) ?? 'run';
  return `${run}-${activityId}-${attempt}`.toLowerCase();
}
