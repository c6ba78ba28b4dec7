import type { Activities } from '../../../src/activities/index.ts';
import type { PromoteInput } from '../../../src/activities/promote.ts';
import {
  addDestination,
  approve,
  overrideFreeze,
  pausePromotion,
  quarantineEdge,
  releaseEdge,
  resumePromotion,
  setBudget,
} from '../../../src/workflows/steering-messages.ts';
import { activitiesFor, DIGEST, NOBODY } from '../promotion-activities.ts';
import { waitFor } from '../waiting.ts';
import type { HistoryCase } from './case.ts';
import { promotionCase, stoppingShards, until } from './promotions.ts';

const EDGE = 'prod.example/images/app:v1';

/** Promotions that operators pause, approve, hold back edges of, … */
export function steeredPromotionCases(): readonly HistoryCase[] {
  return [paused(), withheld(), released(), added(), budgetSet(), ...approvals(), ...frozen()];
}

function paused(): HistoryCase {
  const { begun, promoteShard } = stoppingShards();
  return promotionCase('paused-and-resumed', {
    activities: activitiesFor(3, { promoteShard }),
    steer: async (handle) => {
      await waitFor(() => begun() === 3);
      await handle.executeUpdate(pausePromotion, { args: [{ reason: 'the mirrors move', by: 'jane' }] });
      await waitFor(async () => ((await handle.describe()).raw.pendingActivities?.length ?? 0) === 0);
      await handle.executeUpdate(resumePromotion, { args: [undefined] });
    },
  });
}

function withheld(): HistoryCase {
  const { begun, promoteShard } = stoppingShards();
  const kept = { index: DIGEST, shards: 0, edges: 0, released: 0, quarantine: { edges: 1, samples: [] } };
  return promotionCase('edge-quarantined-by-hand', {
    activities: activitiesFor(1, { promoteShard, gatherResidue: async () => kept }),
    steer: async (handle) => {
      await waitFor(() => begun() === 1);
      await handle.executeUpdate(quarantineEdge, { args: [{ edge: EDGE, reason: 'it is broken', by: 'jane' }] });
    },
  });
}

function released(): HistoryCase {
  const { begun, promoteShard } = stoppingShards();
  let looks = 0;
  let isReleased = false;
  const gatherResidue: Activities['gatherResidue'] = async () => {
    looks++;
    await waitFor(() => isReleased);
    return { index: DIGEST, shards: 0, edges: 0, released: 0, quarantine: NOBODY };
  };
  return promotionCase('edge-released', {
    activities: activitiesFor(1, { promoteShard, gatherResidue }),
    steer: async (handle) => {
      await waitFor(() => begun() === 1);
      await handle.executeUpdate(quarantineEdge, { args: [{ edge: EDGE }] });
      await waitFor(() => looks === 1);
      const release = await handle.startUpdate(releaseEdge, { args: [{ edge: EDGE }], waitForStage: 'ACCEPTED' });
      isReleased = true;
      await release.result();
    },
  });
}

function added(): HistoryCase {
  const { begun, promoteShard } = stoppingShards();
  const activities = activitiesFor(2);
  return promotionCase('destination-added', {
    activities: {
      ...activities,
      promoteShard: (input: PromoteInput) =>
        input.index === DIGEST ? promoteShard(input) : activities.promoteShard(input),
    },
    steer: async (handle) => {
      await waitFor(() => begun() === 2);
      const order = { destination: 'added.example/images', reason: 'a new region', by: 'jane' };
      await handle.executeUpdate(addDestination, { args: [order] });
    },
  });
}

function budgetSet(): HistoryCase {
  const { begun, promoteShard } = stoppingShards();
  return promotionCase('budget-set', {
    activities: activitiesFor(1, { promoteShard }),
    steer: async (handle) => {
      await waitFor(() => begun() === 1);
      await handle.executeUpdate(setBudget, { args: [{ host: 'prod.example', requestsPerSecond: 5 }] });
      // Lets the shard go on, which was begun to be stopped.
      await handle.executeUpdate(pausePromotion, { args: [undefined] });
      await handle.executeUpdate(resumePromotion, { args: [undefined] });
    },
  });
}

function approvals(): readonly HistoryCase[] {
  let asked = 0;
  const proveApproval: Activities['proveApproval'] = async () =>
    ++asked > 1
      ? { approved: true, by: 'jane', proof: 'https://github.com/example/manifests/pull/7' }
      : { approved: false, why: 'pull/7 has no approving review' };
  const signed: Activities['proveApproval'] = async () => ({ approved: true, by: 'jane', proof: 'SHA256:key' });
  const setUpFromGit: Activities['setup'] = async (input) => {
    const result = await activitiesFor(1).setup(input);
    return { ...result, approval: { rule: 'signed-commit', url: 'https://git.example/manifests' } };
  };
  return [
    promotionCase('approved', {
      request: { approval: 'required' },
      steer: async (handle) => {
        await until(handle, 'awaiting-approval');
        await handle.executeUpdate(approve, { args: [{ by: 'jane', plan: DIGEST }] });
      },
    }),
    promotionCase('approval-proved', {
      activities: activitiesFor(1, { proveApproval }),
      request: { approval: 'github-review' },
    }),
    promotionCase('approval-by-signature', {
      activities: { ...activitiesFor(1, { proveApproval: signed }), setup: setUpFromGit },
    }),
    promotionCase('approval-expired', { request: { approval: 'required', approvalTimeout: 100 }, ends: 'FAILED' }),
  ];
}

function frozen(): readonly HistoryCase[] {
  let looks = 0;
  const soon: Activities['lookAtCalendar'] = async () =>
    ++looks > 1 ? { frozen: false } : { frozen: true, until: Date.now() + 50, reason: 'weekend' };
  const late: Activities['lookAtCalendar'] = async () => ({ frozen: true, until: Date.now() + 3_600_000 });
  return [
    promotionCase('freeze-over', { activities: activitiesFor(1, { lookAtCalendar: soon }) }),
    promotionCase('freeze-overridden', {
      activities: activitiesFor(1, { lookAtCalendar: late }),
      steer: async (handle) => {
        await until(handle, 'frozen');
        await handle.executeUpdate(overrideFreeze, { args: [{ reason: 'a CVE', by: 'jane' }] });
      },
    }),
  ];
}
