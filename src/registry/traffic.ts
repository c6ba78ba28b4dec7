import { AsyncLocalStorage } from 'node:async_hooks';
import { observing, type Layer } from './exchange.ts';

/** Requests to one host, step by step from the start of a {@link TrafficSeries}; steps at the end without any are left out. */
export interface HostSeries {
  readonly requests: readonly number[];
  /** Those that were answered 429. */
  readonly throttled: readonly number[];
}

/** What a piece of work asked of each host over time. JSON as it is. */
export interface TrafficSeries {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Length of a step in milliseconds. */
  readonly stepMs: number;
  readonly hosts: Readonly<Record<string, HostSeries>>;
}

/** How fast a host is being asked at the moment. JSON as it is. */
export interface HostRate {
  readonly host: string;
  /** Requests in a second. */
  readonly perSecond: number;
  /** Those of the last seconds that were answered 429. */
  readonly throttled: number;
}

/** Counts the requests of one piece of work. */
export interface TrafficLog {
  count(host: string, status: number): void;
  /** What has been counted so far; it stays small, however long the work takes. */
  series(): TrafficSeries;
  /** The hosts that are asked most, with how fast. */
  rates(): readonly HostRate[];
}

/** More steps than these are joined in pairs. */
const MOST_STEPS = 120;
const RECENT_SECONDS = 5;
const MOST_HOSTS = 20;

interface HostCounts {
  requests: number[];
  throttled: number[];
  /** The last seconds, one by one, the newest last. */
  recent: Second[];
}

interface Second {
  readonly at: number;
  requests: number;
  throttled: number;
}

const current = new AsyncLocalStorage<TrafficLog>();

/** Counts in a log every request that a body makes, through whatever it waits for. */
export function withTraffic<T>(log: TrafficLog, body: () => Promise<T>): Promise<T> {
  return current.run(log, body);
}

/** The log of the work that is running, if somebody keeps one. */
export function currentTraffic(): TrafficLog | undefined {
  return current.getStore();
}

/** Tells the log of the work that makes it of every request that goes out. */
export const trafficLayer: Layer = observing(({ host }, status) => currentTraffic()?.count(host, status));

/** A log that begins now. */
export function createTrafficLog(now: () => number = Date.now): TrafficLog {
  const startedAt = now();
  const hosts = new Map<string, HostCounts>();
  let stepMs = 1_000;

  function stepAt(time: number): number {
    while (time - startedAt >= stepMs * MOST_STEPS) {
      stepMs *= 2;
      for (const counts of hosts.values()) {
        counts.requests = joinPairs(counts.requests);
        counts.throttled = joinPairs(counts.throttled);
      }
    }
    return Math.max(0, Math.floor((time - startedAt) / stepMs));
  }

  return {
    count(host, status) {
      const at = now();
      const step = stepAt(at);
      const counts = hosts.get(host) ?? { requests: [], throttled: [], recent: [] };
      hosts.set(host, counts);
      addAt(counts.requests, step);
      if (status === 429) addAt(counts.throttled, step);
      addRecent(counts.recent, Math.floor(at / 1000), status);
    },
    series: () => ({
      startedAt,
      stepMs,
      hosts: Object.fromEntries([...hosts].map(([host, { requests, throttled }]) => [host, { requests, throttled }])),
    }),
    rates() {
      const second = Math.floor(now() / 1000);
      const lasted = Math.max(1, Math.min(RECENT_SECONDS, (now() - startedAt) / 1000));
      return [...hosts]
        .map(([host, { recent }]) => {
          const counted = recent.filter(({ at }) => at > second - RECENT_SECONDS);
          const requests = counted.reduce((sum, one) => sum + one.requests, 0);
          const throttled = counted.reduce((sum, one) => sum + one.throttled, 0);
          return { host, perSecond: Math.round((10 * requests) / lasted) / 10, throttled };
        })
        .filter(({ perSecond }) => perSecond > 0)
        .sort((a, b) => b.perSecond - a.perSecond)
        .slice(0, MOST_HOSTS);
    },
  };
}

function addRecent(recent: Second[], at: number, status: number): void {
  let last = recent.at(-1);
  if (last?.at !== at) {
    last = { at, requests: 0, throttled: 0 };
    recent.push(last);
    if (recent.length > RECENT_SECONDS) recent.shift();
  }
  last.requests += 1;
  if (status === 429) last.throttled += 1;
}

function addAt(counts: number[], step: number): void {
  while (counts.length <= step) counts.push(0);
  counts[step] = (counts[step] ?? 0) + 1;
}

function joinPairs(counts: readonly number[]): number[] {
  return Array.from(
    { length: Math.ceil(counts.length / 2) },
    (_, at) => (counts[2 * at] ?? 0) + (counts[2 * at + 1] ?? 0),
  );
}
