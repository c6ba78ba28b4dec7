import { createInventoryReader } from '../plan/inventory.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { failingClearly } from './failures.ts';
import { createAssemblePlan, createDraftPlan, createJudgeShard } from './plan.ts';
import { createPromoteShard } from './promote.ts';
import { createGatherQuarantine, createGatherResidue, createQuarantineResidue } from './residue.ts';
import { createSetup } from './setup.ts';

export type { ActivityDependencies } from './dependencies.ts';

/** Every activity of a worker, over what it works with. */
export function createActivities(dependencies: ActivityDependencies) {
  const reader = createInventoryReader(dependencies.registry);
  return {
    setup: failingClearly(createSetup(dependencies)),
    draftPlan: failingClearly(createDraftPlan(dependencies)),
    judgeShard: failingClearly(createJudgeShard(dependencies, reader)),
    assemblePlan: failingClearly(createAssemblePlan(dependencies)),
    promoteShard: failingClearly(createPromoteShard(dependencies)),
    gatherResidue: failingClearly(createGatherResidue(dependencies)),
    quarantineResidue: failingClearly(createQuarantineResidue(dependencies)),
    gatherQuarantine: failingClearly(createGatherQuarantine(dependencies)),
  };
}

/** The activities as workflow code sees them. */
export type Activities = ReturnType<typeof createActivities>;
