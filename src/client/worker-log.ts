import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { LogLevel } from '../config.ts';

/**
 * Sends what the SDK and its core log to stderr, a JSON object a line. Once per process, before anything else of the SDK.
 * Signals are left to the program.
 */
export function installRuntime(level: LogLevel): void {
  const severity = level.toUpperCase() as 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  const logger = new DefaultLogger(severity, ({ level: of, timestampNanos, message, meta }) => {
    const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
    process.stderr.write(`${JSON.stringify({ time, level: of, message, ...meta })}\n`);
  });
  const filter = { core: severity, other: 'ERROR' } as const;
  Runtime.install({ logger, shutdownSignals: [], telemetryOptions: { logging: { filter, forward: {} } } });
}
