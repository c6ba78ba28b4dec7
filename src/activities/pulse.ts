import { activityInfo, heartbeat } from '@temporalio/activity';

/** Longest pause between two heartbeats; the worker throttles what goes to the server. */
const LONGEST_PAUSE_MS = 1_000;

/**
 * Runs a body and heartbeats beside it, so that a long wait on one request is not taken for a dead worker; each beat
 * carries the position that the next attempt resumes from.
 */
export async function withPulse<T>(position: () => unknown, body: () => Promise<T>): Promise<T> {
  const timeout = activityInfo().heartbeatTimeoutMs;
  const pause = timeout === undefined || timeout === 0 ? LONGEST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, timeout / 3);
  heartbeat(position());
  const timer = setInterval(() => heartbeat(position()), pause);
  try {
    return await body();
  } finally {
    clearInterval(timer);
    heartbeat(position());
  }
}
