import type { TelemetrySettings } from '../config.ts';
import type { Tracing } from './tracing.ts';

/** Begins to trace where the settings name a collector. Once per process. What it takes is loaded only then. */
export async function openTracing(
  { traces }: TelemetrySettings,
  service: 'promoter' | 'promoter-worker',
): Promise<Tracing | undefined> {
  if (traces === undefined) return undefined;
  const { startTracing } = await import('./tracing.ts');
  return startTracing(traces, service);
}
