import { activityInfo, heartbeat } from '@temporalio/activity';
import { currentTraffic, type HostRate } from '../registry/traffic.ts';

/** Longest pause between two heartbeats; the worker throttles what goes to the server. */
const LONGEST_PAUSE_MS = 1_000;

/** What every heartbeat carries beside a position, for whoever watches the run. */
export interface Pulse {
  readonly rates?: readonly HostRate[];
}

/**
 * Runs a body and heartbeats beside it, so that a long wait on one request is not taken for a dead worker; each beat
 * carries the position that the next attempt resumes from.
 */
export async function withPulse<T>(position: () => object | undefined, body: () => Promise<T>): Promise<T> {
  const timeout = activityInfo().heartbeatTimeoutMs;
  const pause = timeout === undefined || timeout === 0 ? LONGEST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, timeout / 3);
  const beat = (): void => {
    const rates = currentTraffic()?.rates() ?? [];
    heartbeat({ ...position(), ...(rates.length === 0 ? {} : ({ rates } satisfies Pulse)) });
  };
  beat();
  const timer = setInterval(beat, pause);
  try {
    return await body();
  } finally {
    clearInterval(timer);
    beat();
  }
}
