import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { HostRate } from '../registry/traffic.ts';

/** What the activities under way in a run say of themselves in their heartbeats. */
export interface RunPulse {
  /** Requests to each host, over all activities; the busiest host first. */
  readonly rates: readonly HostRate[];
  /** Edges that are done in shards which are not finished. */
  readonly edges: number;
}

/** A run of which nothing beats. */
export const STILL: RunPulse = { rates: [], edges: 0 };

/** What of a heartbeat is read here; each activity adds its own position. */
interface Beat {
  readonly rates?: readonly HostRate[];
  readonly counts?: { readonly edges?: number; readonly present?: number };
}

/** Reads the heartbeats of a run's activities; one that cannot be read says nothing. */
export async function readPulse(
  { options }: Pick<Client, 'options'>,
  { raw }: Pick<WorkflowExecutionDescription, 'raw'>,
): Promise<RunPulse> {
  const { payloadConverter, payloadCodecs } = options.loadedDataConverter;
  const beats: Beat[] = [];
  for (const { heartbeatDetails } of raw.pendingActivities ?? []) {
    let payloads = heartbeatDetails?.payloads ?? [];
    try {
      for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
      const [payload] = payloads;
      if (payload !== undefined) beats.push(payloadConverter.fromPayload<Beat | null>(payload) ?? {});
    } catch {
      // It may be of a worker with other keys or of another version.
    }
  }
  return sumBeats(beats);
}

function sumBeats(beats: readonly Beat[]): RunPulse {
  const hosts = Map.groupBy(
    beats.flatMap(({ rates = [] }) => rates),
    ({ host }) => host,
  );
  const rates = [...hosts].map(([host, parts]) => ({
    host,
    perSecond: parts.reduce((sum, { perSecond }) => sum + perSecond, 0),
    throttled: parts.reduce((sum, { throttled }) => sum + throttled, 0),
  }));
  return {
    rates: rates.sort((a, b) => b.perSecond - a.perSecond),
    edges: beats.reduce((sum, { counts }) => sum + (counts?.edges ?? 0) + (counts?.present ?? 0), 0),
  };
}
