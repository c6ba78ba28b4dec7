/** What a metric is called, what tells its series apart, and what it says. */
export interface MetricDefinition {
  readonly name: `promoter_${string}`;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** One line, shown by `/metrics` and in docs/observing.md. */
  readonly help: string;
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

/**
 * What a worker counts of itself, beside the metrics of Temporal's SDK on the same page and those that workflows count
 * (`workflows/run-metrics.ts`).
 */
export const WORKER_METRICS = {
  build: {
    name: 'promoter_build_info',
    kind: 'gauge',
    labels: ['version', 'node'],
    help: 'Always 1; the version of the worker that is running',
  },
  requests: {
    name: 'promoter_registry_requests_total',
    kind: 'counter',
    labels: ['queue', 'host', 'class', 'status'],
    help: 'Requests to registries; status is that of HTTP, or none where no answer came',
  },
  requestSeconds: {
    name: 'promoter_registry_request_seconds',
    kind: 'histogram',
    labels: ['queue', 'host', 'class'],
    help: 'Time from sending a request to its answer, without waiting for the host’s budget',
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  received: {
    name: 'promoter_registry_received_bytes_total',
    kind: 'counter',
    labels: ['queue', 'host'],
    help: 'Bytes of answers’ bodies, as far as registries say how long these are',
  },
  sent: {
    name: 'promoter_registry_sent_bytes_total',
    kind: 'counter',
    labels: ['queue', 'host'],
    help: 'Bytes of the bodies of requests that were answered',
  },
  waitSeconds: {
    name: 'promoter_registry_wait_seconds',
    kind: 'histogram',
    labels: ['queue', 'host'],
    help: 'Time that requests waited for their turn in the host’s budget; those that did not wait are not counted',
    buckets: [0.01, 0.1, 1, 5, 15, 60, 300],
  },
  granted: {
    name: 'promoter_registry_budget_granted',
    kind: 'gauge',
    labels: ['queue', 'host'],
    help: 'Requests a second that this worker allows itself now; absent for hosts without a limit',
  },
  ceiling: {
    name: 'promoter_registry_budget_ceiling',
    kind: 'gauge',
    labels: ['queue', 'host'],
    help: 'The most requests a second that this worker may make; absent for hosts without a limit',
  },
  waiting: {
    name: 'promoter_registry_waiting_requests',
    kind: 'gauge',
    labels: ['queue', 'host'],
    help: 'Requests that wait for their turn now',
  },
  inFlight: {
    name: 'promoter_registry_in_flight_requests',
    kind: 'gauge',
    labels: ['queue', 'host'],
    help: 'Requests that wait for an answer now',
  },
  pauseSeconds: {
    name: 'promoter_registry_pause_seconds',
    kind: 'gauge',
    labels: ['queue', 'host'],
    help: 'How much longer a host asked not to be asked',
  },
  storeErrors: {
    name: 'promoter_plan_store_errors_total',
    kind: 'counter',
    labels: ['operation', 'code'],
    help: 'Calls of the plan store that failed',
  },
  runs: {
    name: 'promoter_runs',
    kind: 'gauge',
    labels: ['state'],
    help: 'Promotions that are open, as the Temporal server says: running, held, paused, awaiting-approval or frozen; every worker says the same',
  },
  scheduleLast: {
    name: 'promoter_schedule_last_timestamp_seconds',
    kind: 'gauge',
    labels: ['schedule'],
    help: 'When a schedule last started a run',
  },
  scheduleNext: {
    name: 'promoter_schedule_next_timestamp_seconds',
    kind: 'gauge',
    labels: ['schedule'],
    help: 'When a schedule is to start its next run; 0 while it is paused',
  },
  scheduleMissed: {
    name: 'promoter_schedule_missed',
    kind: 'gauge',
    labels: ['schedule'],
    help: 'Runs that a schedule should have started and did not, since it was made',
  },
  oldestPair: {
    name: 'promoter_replication_oldest_pair_timestamp_seconds',
    kind: 'gauge',
    labels: [],
    help: 'When the source and mirror that nobody has compared for the longest time were compared last',
  },
  oldestReading: {
    name: 'promoter_replication_oldest_reading_timestamp_seconds',
    kind: 'gauge',
    labels: [],
    help: 'When the content of the mirror that nobody has read back for the longest time was read back last',
  },
  replicationResidue: {
    name: 'promoter_replication_residue',
    kind: 'gauge',
    labels: [],
    help: 'Mirrors’ repositories that the last replication could not make equal to their sources',
  },
  notifications: {
    name: 'promoter_notifications_total',
    kind: 'counter',
    labels: ['target', 'event', 'result'],
    help: 'Attempts to deliver a notification; result is delivered or the code of the error',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
