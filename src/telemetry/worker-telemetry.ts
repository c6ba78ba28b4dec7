import type { Client } from '@temporalio/client';
import { Runtime } from '@temporalio/worker';
import type { MirrorState } from '../activities/replication-dependencies.ts';
import type { TelemetrySettings } from '../config.ts';
import { messageOf } from '../errors.ts';
import type { PlanStore } from '../plan/store.ts';
import type { RegistryClient, RegistryObserver } from '../registry/client-options.ts';
import { packageVersion } from '../version.ts';
import { showBudgets } from './budget-gauges.ts';
import { takeCensus } from './census.ts';
import { createInstruments, type Instruments } from './instruments.ts';
import { observeStore } from './observed-store.ts';
import { createRegistryObserver } from './registry-observer.ts';
import type { Tracing } from './tracing.ts';

/** What a worker tells of its own work. */
export interface WorkerTelemetry {
  readonly instruments: Instruments;
  /** For the registry client of a queue. */
  observerOf(queue: string): RegistryObserver;
  /** Shows the budgets of a queue's registry client from now on. */
  watchBudgets(queue: string, registry: Pick<RegistryClient, 'stats'>): void;
  observeStore(store: PlanStore): PlanStore;
  /** Told how a replication left the mirrors. */
  readonly mirrorsSettled: (state: MirrorState) => void;
  close(): void;
}

const BUDGETS_EVERY_MS = 5_000;
const CENSUS_EVERY_MS = 30_000;

/**
 * Begins to count. Whatever goes wrong with it goes into the log and no further.
 *
 * @param client where open runs and schedules are asked for; not used unless metrics are served
 */
export function startTelemetry(
  client: Client,
  { metricsAddress }: TelemetrySettings,
  tracing?: Pick<Tracing, 'layer'>,
): WorkerTelemetry {
  const { metricMeter, logger } = Runtime.instance();
  const instruments = createInstruments(metricMeter);
  instruments.build(1, { version: packageVersion(), node: process.versions.node });
  const timers: NodeJS.Timeout[] = [];
  const repeat = (everyMs: number, body: () => void): void => {
    if (metricsAddress === undefined) return;
    body();
    timers.push(setInterval(body, everyMs).unref());
  };
  repeat(CENSUS_EVERY_MS, () => {
    takeCensus(client, instruments).catch((error: unknown) => {
      logger.debug(`could not ask Temporal which runs are open: ${messageOf(error)}`);
    });
  });
  return {
    instruments,
    observerOf(queue) {
      const counting = createRegistryObserver(instruments, queue);
      if (tracing === undefined) return counting;
      return { ...counting, layer: (next) => tracing.layer(counting.layer(next)) };
    },
    watchBudgets: (queue, registry) =>
      repeat(BUDGETS_EVERY_MS, () => showBudgets(instruments, queue, registry.stats().budgets)),
    observeStore: (store) => observeStore(store, instruments),
    mirrorsSettled({ oldestCheckedAt, oldestReadAt, residue }) {
      instruments.replicationResidue(residue);
      if (oldestCheckedAt !== undefined) instruments.oldestPair(oldestCheckedAt / 1000);
      if (oldestReadAt !== undefined) instruments.oldestReading(oldestReadAt / 1000);
    },
    close: () => timers.forEach(clearInterval),
  };
}
