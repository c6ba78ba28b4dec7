import type { RouteClass } from './route.ts';

/** What was counted since the last reset. */
export interface Counts {
  readonly requests: number;
  readonly class: Readonly<Partial<Record<RouteClass, number>>>;
  readonly host: Readonly<Record<string, number>>;
  readonly throttled: number;
  readonly faults: number;
  readonly connections: number;
  readonly peakInFlight: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Milliseconds from the first request's arrival to the last one's. */
  readonly spanMs: number;
}

export interface Counters {
  /** A request has arrived. */
  begin(host: string, routeClass: RouteClass): void;
  /** Its answer is on its way. */
  end(status: number, bytesOut: number): void;
  received(bytes: number): void;
  fault(): void;
  connection(): void;
  counts(): Counts;
  reset(): void;
}

/** Makes counters that stand at zero. */
export function createCounters(): Counters {
  let classes: Partial<Record<RouteClass, number>> = {};
  let hosts: Record<string, number> = {};
  let totals = zero();
  let inFlight = 0;
  return {
    begin(host, routeClass) {
      const now = performance.now();
      totals.requests += 1;
      totals.first ??= now;
      totals.last = now;
      classes[routeClass] = (classes[routeClass] ?? 0) + 1;
      hosts[host] = (hosts[host] ?? 0) + 1;
      inFlight += 1;
      totals.peakInFlight = Math.max(totals.peakInFlight, inFlight);
    },
    end(status, bytesOut) {
      inFlight -= 1;
      if (status === 429) totals.throttled += 1;
      totals.bytesOut += bytesOut;
    },
    received: (bytes) => void (totals.bytesIn += bytes),
    fault: () => void (totals.faults += 1),
    connection: () => void (totals.connections += 1),
    counts() {
      const { first, last, ...counts } = totals;
      return { ...counts, class: { ...classes }, host: { ...hosts }, spanMs: last - (first ?? last) };
    },
    reset() {
      classes = {};
      hosts = {};
      totals = zero();
    },
  };
}

function zero() {
  return {
    requests: 0,
    throttled: 0,
    faults: 0,
    connections: 0,
    peakInFlight: 0,
    bytesIn: 0,
    bytesOut: 0,
    first: undefined as number | undefined,
    last: 0,
  };
}
