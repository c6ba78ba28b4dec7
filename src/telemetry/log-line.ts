import type { LogEntry } from '@temporalio/worker';
import { messageOf } from '../errors.ts';
import type { TelemetrySettings } from '../config.ts';
import { withoutControls } from '../printable.ts';
import { phaseOf } from './activity-phase.ts';

/** What of an entry's attributes a person needs to find the run; the rest is in JSON. */
const SHOWN = ['workflowId', 'activityType', 'attempt', 'host', 'error', 'phase'] as const;

/** Attributes of the SDK that say nothing, or that a line has elsewhere; with a task's token one could complete it. */
const DROPPED: ReadonlySet<string> = new Set(['sdkComponent', 'isLocal', 'stack', 'taskToken']);

/** The SDK calls the same thing by two names. */
const RENAMED: Readonly<Record<string, string>> = { workflowRunId: 'runId' };

/**
 * One line for what the SDK, its core or this program logs, ending in a newline.
 *
 * `json`: an object with `time`, `level`, `message`, and the ids of workflow, run and activity, the phase and the host
 * as far as they are known. `text`: time, level and message, then what is needed to find the run.
 */
export function logLine(
  { level, timestampNanos, message, meta = {} }: LogEntry,
  format: TelemetrySettings['logFormat'],
): string {
  const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  const attributes = attributesOf(meta);
  if (format === 'json') return `${withoutControls(JSON.stringify({ time, level, message, ...attributes }))}\n`;
  const shown = SHOWN.flatMap((name) =>
    attributes[name] === undefined ? [] : [`${name}=${quoted(attributes[name])}`],
  );
  const line = [time, level.padEnd(5), message.trim().replaceAll(/\s*\n\s*/g, ' '), ...shown].join(' ');
  return `${withoutControls(line)}\n`;
}

function attributesOf(meta: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(meta).filter(([name, value]) => value !== undefined && !DROPPED.has(name));
  const phase = typeof meta['activityType'] === 'string' ? phaseOf(meta['activityType']) : undefined;
  return {
    ...Object.fromEntries(entries.map(([name, value]) => [RENAMED[name] ?? name, plain(value)])),
    ...(phase === undefined ? {} : { phase }),
  };
}

/** An error's own properties may hold anything, a request with its headers too; its message is what we vouch for. */
function plain(value: unknown): unknown {
  if (value instanceof Error) return messageOf(value);
  if (typeof value === 'bigint') return value.toString();
  return value !== null && typeof value === 'object' ? JSON.stringify(value) : value;
}

function quoted(value: unknown): string {
  const text = String(value);
  return /^[^\s"]+$/.test(text) ? text : JSON.stringify(text);
}
