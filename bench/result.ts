import { cpus } from 'node:os';
import type { BenchOptions } from './options.ts';
import type { Measured } from './measured.ts';
import type { Counts } from './registry/counters.ts';
import type { RouteClass } from './registry/route.ts';

/** What one tool needed for one work. */
export interface Result extends Measured {
  readonly tool: string;
  readonly work: Pick<BenchOptions, 'size' | 'latency' | 'rate' | 'perHost' | 'unchanged' | 'singlePost'>;
  /** This program as it is published, not its sources. */
  readonly built: boolean;
  readonly floor: number;
  /** Without tokens and pings, which the floor does not count. */
  readonly requests: number;
  readonly class: Readonly<Partial<Record<RouteClass, number>>>;
  readonly busiestHost: number;
  readonly throttled: number;
  readonly connections: number;
  /** From the first request to the last one. */
  readonly spanMs: number;
  readonly bytesOut: number;
  readonly edges: number;
  readonly edgesWanted: number;
  readonly at: string;
  readonly processors: number;
}

export interface ResultParts {
  readonly tool: string;
  readonly options: BenchOptions;
  readonly floor: number;
  readonly measured: Measured;
  readonly counts: Counts;
  readonly edges: number;
  readonly edgesWanted: number;
}

/** Puts a result together. */
export function resultOf({ tool, options, floor, measured, counts, edges, edgesWanted }: ResultParts): Result {
  const { size, latency, rate, perHost, unchanged, singlePost, built } = options;
  const { requests, throttled, connections, spanMs, bytesOut, host } = counts;
  return {
    tool,
    work: { size, latency, rate, perHost, unchanged, singlePost },
    built,
    floor,
    ...measured,
    requests: requests - (counts.class.token ?? 0) - (counts.class.ping ?? 0),
    class: counts.class,
    busiestHost: Math.max(0, ...Object.values(host)),
    throttled,
    connections,
    spanMs,
    bytesOut,
    edges,
    edgesWanted,
    at: new Date().toISOString(),
    processors: cpus().length,
  };
}
