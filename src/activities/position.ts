import { activityInfo, cancellationDetails } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { PlanStore } from '../plan/store.ts';
import type { Digest } from '../reference.ts';
import { withPulse } from './pulse.ts';

/**
 * Where to begin: behind what an earlier attempt did, or else behind what an activity did that was stopped before.
 *
 * @param from what {@link withPosition} left of the one that was stopped
 * @returns nothing when it is the beginning
 */
export async function startPosition<P>(store: PlanStore, from: string | undefined): Promise<P | undefined> {
  const beaten: unknown = activityInfo().heartbeatDetails;
  if (beaten !== undefined) return beaten as P;
  if (from === undefined) return undefined;
  return JSON.parse(new TextDecoder().decode(await store.get(from as Digest))) as P;
}

/**
 * Runs a body beside heartbeats that carry its position. When the workflow stops it, the position goes into the plan store
 * and its digest into the failure, so that the activity that is started in its place begins there.
 *
 * @throws CancelledFailure with `{ position }`, when it was stopped
 */
export async function withPosition<T>(store: PlanStore, position: () => object, body: () => Promise<T>): Promise<T> {
  try {
    return await withPulse(position, body);
  } catch (error) {
    if (cancellationDetails()?.cancelRequested !== true) throw error;
    const digest = await store.put(new TextEncoder().encode(JSON.stringify(position())));
    throw new CancelledFailure('stopped where it was', [{ position: digest }]);
  }
}
