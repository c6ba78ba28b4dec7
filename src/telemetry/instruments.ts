import type { MetricMeter, MetricTags } from '@temporalio/common';
import { WORKER_METRICS, type MetricDefinition } from './metric.ts';

type Definitions = typeof WORKER_METRICS;

/** Takes a value and says which series it belongs to: adds to a counter, sets a gauge, records in a histogram. */
export type Instrument<D extends MetricDefinition = MetricDefinition> = (
  value: number,
  ...labels: D['labels'] extends readonly [] ? [] : [Readonly<Record<D['labels'][number], string>>]
) => void;

/** One instrument for each of {@link WORKER_METRICS}. */
export type Instruments = { readonly [Name in keyof Definitions]: Instrument<Definitions[Name]> };

/**
 * Makes the instruments over a meter of Temporal's SDK, so that they are served on the page of the SDK's own metrics.
 *
 * @param meter `Runtime.instance().metricMeter`; without an exporter it takes everything and does nothing
 */
export function createInstruments(meter: MetricMeter): Instruments {
  const made = Object.entries(WORKER_METRICS).map(([name, definition]) => [name, instrumentOf(meter, definition)]);
  return Object.fromEntries(made) as Instruments;
}

function instrumentOf(meter: MetricMeter, { name, kind, help }: MetricDefinition): Instrument {
  switch (kind) {
    case 'counter': {
      const counter = meter.createCounter(name, '', help);
      return (value, labels?: MetricTags) => counter.add(value, labels);
    }
    case 'gauge': {
      const gauge = meter.createGauge(name, 'float', '', help);
      return (value, labels?: MetricTags) => gauge.set(value, labels);
    }
    case 'histogram': {
      const histogram = meter.createHistogram(name, 'float', '', help);
      return (value, labels?: MetricTags) => histogram.record(value, labels);
    }
  }
}
