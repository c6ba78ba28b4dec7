import { cancelled, heartbeat } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Activities } from '../../../src/activities/index.ts';
import type { NotificationActivities } from '../../../src/activities/notify.ts';
import { abortPromotion, report, retryPhase, skipPhase, type Outcome } from '../../../src/workflows/messages.ts';
import type { PromotionRequest } from '../../../src/workflows/promotion-request.ts';
import { activitiesFor, DIGEST, NOBODY, NOTHING } from '../promotion-activities.ts';
import { waitFor } from '../waiting.ts';
import type { HistoryCase } from './case.ts';

const POSITION = `sha256:${'b'.repeat(64)}`;
/** More than one run takes where a server suggests another one early. */
const MANY_SHARDS = 40;

/** A promotion that writes, with what is special about it. */
export function promotionCase(
  name: string,
  more: Omit<HistoryCase, 'workflow' | 'name' | 'args'> & { readonly request?: Partial<PromotionRequest> } = {},
): HistoryCase {
  const { request, ...rest } = more;
  const args = [{ manifests: DIGEST, confirm: true, ...request }];
  return { workflow: 'promotion', name, activities: activitiesFor(3), ...rest, args };
}

/** Resolves when a run says that it is held, paused, frozen … */
export function until(handle: WorkflowHandle, outcome: Outcome): Promise<void> {
  return waitFor(async () => (await handle.query(report)).outcome === outcome);
}

/** Shards of which each copies until it is stopped, once, and then to its end. */
export function stoppingShards(): { readonly begun: () => number; readonly promoteShard: Activities['promoteShard'] } {
  const begun = new Map<number, number>();
  return {
    begun: () => begun.size,
    async promoteShard({ shard }) {
      const times = (begun.get(shard) ?? 0) + 1;
      begun.set(shard, times);
      return times > 1 ? { counts: { ...NOTHING, edges: 10 }, residue: 0 } : copyUntilStopped();
    },
  };
}

async function copyUntilStopped(): Promise<never> {
  const beat = setInterval(heartbeat, 20);
  try {
    return await cancelled();
  } catch {
    throw new CancelledFailure('stopped where it was', [{ position: POSITION }]);
  } finally {
    clearInterval(beat);
  }
}

/** An activity that fails for good, the first time. */
function failingOnce<I, O>(activity: (input: I) => Promise<O>): (input: I) => Promise<O> {
  let isFirst = true;
  return async (input) => {
    if (!isFirst) return activity(input);
    isFirst = false;
    throw ApplicationFailure.nonRetryable('GET staging.example/app answered 500', 'RegistryUnavailable');
  };
}

const failing = (): Promise<never> =>
  Promise.reject(ApplicationFailure.nonRetryable('GET staging.example/app answered 500', 'RegistryUnavailable'));

const held = (act: (handle: WorkflowHandle) => Promise<unknown>) => async (handle: WorkflowHandle) => {
  await until(handle, 'held');
  await act(handle);
};

const TELLING: NotificationActivities = {
  chooseTargets: async () => ['chat'],
  deliverNotification: async () => ({ attempts: 1 }),
};

function tellingActivities(): object {
  const usual = activitiesFor(1);
  const setup: Activities['setup'] = async (input) => ({ ...(await usual.setup(input)), notifies: true });
  return { ...usual, ...TELLING, setup: failingOnce(setup) };
}

function stoppedCase(name: string, stop: (handle: WorkflowHandle) => Promise<unknown>): HistoryCase {
  const { begun, promoteShard } = stoppingShards();
  return promotionCase(name, {
    activities: activitiesFor(3, { promoteShard }),
    steer: async (handle) => {
      await waitFor(() => begun() === 3);
      await stop(handle);
    },
  });
}

/** What workers do since small runs take few steps. */
function fewSteps(): Activities {
  const usual = activitiesFor(1);
  return {
    ...usual,
    setup: async (input) => ({
      ...(await usual.setup(input)),
      acquired: true,
      noFreezeUntil: Date.now() + 60_000,
    }),
    acquireWriters: failing,
    lookAtCalendar: failing,
    draftPlan: async (input) => ({ ...(await usual.draftPlan(input)), judged: 1 }),
    judgeShard: failing,
    promoteShard: async (input) => ({ ...(await usual.promoteShard(input)), clean: true }),
    gatherResidue: failing,
  };
}

/** Residue that two rounds leave behind; with `copied`, of an image that some destinations have. */
function residueActivities(copied: number): Activities {
  const promoteShard: Activities['promoteShard'] = async ({ round }) => ({
    counts: { ...NOTHING, edges: round === 0 ? copied : 0 },
    residue: 1,
  });
  const left = { index: DIGEST, shards: 1, edges: 1, released: 0, quarantine: NOBODY, reason: 'mirror down' };
  return activitiesFor(1, {
    promoteShard,
    gatherResidue: async () => ({ ...left, retryAt: 0 }),
    quarantineResidue: async () => ({ edges: 1, samples: [] }),
  });
}

/** Promotions as they go without an operator, and as they end where something fails. */
export function promotionCases(): readonly HistoryCase[] {
  const usual = activitiesFor(3);
  const oneRound = { policies: { promote: { residueRounds: 1 } } };
  return [
    promotionCase('done'),
    promotionCase('dry-run', { request: { confirm: false } }),
    promotionCase('unsigned', { request: { sign: false } }),
    promotionCase('in-few-steps', { activities: fewSteps(), request: { onPhaseFailure: 'fail' } }),
    promotionCase('continued-as-new', { activities: activitiesFor(MANY_SHARDS) }),
    promotionCase('residue-quarantined', { activities: residueActivities(9), request: oneRound }),
    promotionCase('nothing-promoted', {
      activities: residueActivities(0),
      request: { ...oneRound, onPhaseFailure: 'fail' },
      ends: 'FAILED',
    }),
    promotionCase('failed', {
      activities: { ...usual, judgeShard: failing },
      request: { onPhaseFailure: 'fail' },
      ends: 'FAILED',
    }),
    promotionCase('held-retried', {
      activities: { ...usual, judgeShard: failingOnce(usual.judgeShard) },
      steer: held((handle) => handle.executeUpdate(retryPhase, { args: [{ reason: 'the registry is back' }] })),
    }),
    promotionCase('held-in-setup-and-told', {
      activities: tellingActivities(),
      steer: held((handle) => handle.executeUpdate(retryPhase, { args: [undefined] })),
    }),
    promotionCase('held-skipped', {
      activities: { ...usual, signShard: failing },
      steer: held((handle) => handle.executeUpdate(skipPhase, { args: [undefined] })),
    }),
    promotionCase('held-aborted', {
      activities: { ...usual, judgeShard: failing },
      steer: held((handle) => handle.executeUpdate(abortPromotion, { args: [{ reason: 'wrong release' }] })),
      ends: 'FAILED',
    }),
    promotionCase('hold-expired', {
      activities: { ...usual, judgeShard: failing },
      request: { holdTimeout: 50 },
      ends: 'FAILED',
    }),
    {
      ...stoppedCase('aborted', (handle) => handle.executeUpdate(abortPromotion, { args: [undefined] })),
      ends: 'FAILED',
    },
    { ...stoppedCase('cancelled', (handle) => handle.cancel()), ends: 'CANCELLED' },
  ];
}
