import { DefaultLogger, Runtime, type RuntimeOptions } from '@temporalio/worker';
import type { LogLevel, TelemetrySettings } from '../config.ts';
import { messageOf } from '../errors.ts';
import { RUN_METRICS } from '../workflows/run-metrics.ts';
import { logLine } from './log-line.ts';
import { WORKER_METRICS, type MetricDefinition } from './metric.ts';

type MetricsExporter = NonNullable<NonNullable<RuntimeOptions['telemetryOptions']>['metrics']>;

/**
 * Sends what the SDK and its core log to stderr, and serves metrics where the settings say so. Once per process, before
 * anything else of the SDK. Signals are left to the program.
 *
 * A port that is taken costs the metrics and a warning: nobody's images should wait for it.
 */
export function installRuntime(level: LogLevel, settings: TelemetrySettings): void {
  const severity = level.toUpperCase() as 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  const logger = new DefaultLogger(severity, (entry) => void process.stderr.write(logLine(entry, settings.logFormat)));
  const logging = { filter: { core: severity, other: 'ERROR' }, forward: {} } as const;
  const install = (metrics?: MetricsExporter): void => {
    const telemetryOptions = { logging, ...(metrics === undefined ? {} : { metrics }) };
    Runtime.install({ logger, shutdownSignals: [], telemetryOptions });
  };
  const { metricsAddress } = settings;
  if (metricsAddress === undefined) return install();
  try {
    install(metricsExporter(metricsAddress));
  } catch (error) {
    install();
    logger.warn(`no metrics: PROMOTER_METRICS_ADDRESS=${metricsAddress} cannot be used: ${messageOf(error)}`);
  }
}

function metricsExporter(bindAddress: string): MetricsExporter {
  const definitions: readonly MetricDefinition[] = [...Object.values(WORKER_METRICS), ...Object.values(RUN_METRICS)];
  const buckets = definitions.flatMap(({ name, buckets }) => (buckets === undefined ? [] : [[name, [...buckets]]]));
  return {
    prometheus: {
      bindAddress,
      useSecondsForDurations: true,
      unitSuffix: false,
      histogramBucketOverrides: Object.fromEntries(buckets) as Record<string, number[]>,
    },
  };
}
