import type { TrafficSeries } from '../../registry/traffic.ts';

/** What a run asked of one host, over the columns of {@link RunTraffic}. */
export interface HostTraffic {
  readonly host: string;
  readonly requests: number;
  /** Those that were answered 429. */
  readonly throttled: number;
  /** Requests in a second, in the busiest column. */
  readonly peak: number;
  readonly columns: readonly TrafficColumn[];
}

export interface TrafficColumn {
  readonly requests: number;
  readonly throttled: number;
}

/** What a run asked of every host over time, the busiest host first. Times are milliseconds. */
export interface RunTraffic {
  readonly startedAt: number;
  readonly columnMs: number;
  readonly hosts: readonly HostTraffic[];
}

const COLUMNS = 120;
const NARROWEST_MS = 1_000;

/**
 * Adds up what the activities of a run recorded, whatever the steps in which each of them counted.
 *
 * @param span when the run began and ended, or now; what is outside of it counts at its edge
 */
export function addTraffic(
  series: Iterable<TrafficSeries>,
  span: { readonly startedAt: number; readonly endedAt: number },
): RunTraffic {
  const columnMs = Math.max(NARROWEST_MS, (span.endedAt - span.startedAt) / COLUMNS);
  const columns = Math.min(COLUMNS, Math.max(1, Math.ceil((span.endedAt - span.startedAt) / columnMs)));
  const sums = new Map<string, { requests: number[]; throttled: number[] }>();
  for (const { startedAt, stepMs, hosts } of series) {
    for (const [host, counts] of Object.entries(hosts)) {
      const sum = sums.get(host) ?? { requests: zeros(columns), throttled: zeros(columns) };
      sums.set(host, sum);
      for (const kind of ['requests', 'throttled'] as const) {
        counts[kind].forEach((count, step) => {
          const from = (startedAt + step * stepMs - span.startedAt) / columnMs;
          spread(sum[kind], count, from, from + stepMs / columnMs);
        });
      }
    }
  }
  const hosts = [...sums].map(([host, { requests, throttled }]): HostTraffic => ({
    host,
    requests: Math.round(total(requests)),
    throttled: Math.round(total(throttled)),
    peak: (Math.max(...requests) * 1000) / columnMs,
    columns: requests.map((count, at) => ({ requests: count, throttled: throttled[at] ?? 0 })),
  }));
  return { startedAt: span.startedAt, columnMs, hosts: hosts.sort((a, b) => b.requests - a.requests) };
}

/** Shares a count among the columns that a stretch of time covers, by how much of it is in each. */
function spread(columns: number[], count: number, from: number, to: number): void {
  if (count === 0) return;
  const last = columns.length - 1;
  for (let column = Math.floor(from); column < to; column++) {
    const part = Math.min(to, column + 1) - Math.max(from, column);
    const at = Math.min(last, Math.max(0, column));
    columns[at] = (columns[at] ?? 0) + (count * part) / (to - from);
  }
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0);
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
