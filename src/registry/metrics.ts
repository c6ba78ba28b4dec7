import { observing, type Layer, type RegistryRequest, type RequestClass } from './exchange.ts';

/** Requests to one host of one class with one outcome. */
export interface RequestCount {
  readonly host: string;
  readonly class: RequestClass;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly count: number;
}

/** What one host's requests amounted to. */
export interface HostTotals {
  readonly host: string;
  /** Answers with status 429. */
  readonly throttled: number;
  /** Time that requests spent waiting for their turn, in milliseconds, added up. */
  readonly waitedMs: number;
}

export interface MetricsView {
  readonly requests: readonly RequestCount[];
  readonly hosts: readonly HostTotals[];
}

/** Counters since the process started; they only grow. */
export interface Metrics {
  readonly layer: Layer;
  waited(host: string, waitedMs: number): void;
  view(): MetricsView;
}

type Counter = { -readonly [Key in keyof RequestCount]: RequestCount[Key] };
type Totals = { -readonly [Key in keyof HostTotals]: HostTotals[Key] };

/** Counts every request that goes out, by host, class and status. */
export function createMetrics(): Metrics {
  const requests = new Map<string, Counter>();
  const hosts = new Map<string, Totals>();

  function count(request: RegistryRequest, status: number): void {
    const key = `${request.host} ${request.class} ${status}`;
    const counter = requests.get(key);
    if (counter === undefined) requests.set(key, { host: request.host, class: request.class, status, count: 1 });
    else counter.count += 1;
    if (status === 429) totalsOf(request.host).throttled += 1;
  }

  function totalsOf(host: string): Totals {
    const totals = hosts.get(host) ?? { host, throttled: 0, waitedMs: 0 };
    hosts.set(host, totals);
    return totals;
  }

  return {
    layer: observing(count),
    waited(host, waitedMs) {
      totalsOf(host).waitedMs += waitedMs;
    },
    view: () => ({
      requests: [...requests.values()].map((counter) => ({ ...counter })),
      hosts: [...hosts.values()].map((totals) => ({ ...totals })),
    }),
  };
}
