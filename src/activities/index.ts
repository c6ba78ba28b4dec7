import { createInventoryReader } from '../plan/inventory.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { failingClearly } from './failures.ts';
import { createAssemblePlan, createDraftPlan, createJudgeShard } from './plan.ts';
import { createVerifyProvenance } from './provenance.ts';
import { createPromoteShard } from './promote.ts';
import type { ReplicationDependencies } from './replication-dependencies.ts';
import { createDraftReplication, createReplicateShard, createSettleReplication } from './replication.ts';
import { createGatherQuarantine, createGatherResidue, createQuarantineResidue } from './residue.ts';
import { createSetup } from './setup.ts';
import { createAttestShard } from './attest.ts';
import { createDraftSigning, createSignShard } from './sign.ts';
import { createPinnedTrust } from './trust.ts';
import { createValidateShard } from './validate.ts';
import { createAcquireWriters } from './writers.ts';

export type { ActivityDependencies } from './dependencies.ts';
export type { ReplicationDependencies } from './replication-dependencies.ts';

/** Every activity of a worker, over what it works with. */
export function createActivities(dependencies: ActivityDependencies) {
  const reader = createInventoryReader(dependencies.registry);
  const trust = createPinnedTrust(dependencies.store, dependencies.signing.trustRoot);
  return {
    setup: failingClearly(createSetup(dependencies, trust)),
    acquireWriters: failingClearly(createAcquireWriters(dependencies)),
    draftPlan: failingClearly(createDraftPlan(dependencies)),
    judgeShard: failingClearly(createJudgeShard(dependencies, reader)),
    assemblePlan: failingClearly(createAssemblePlan(dependencies)),
    verifyProvenance: failingClearly(createVerifyProvenance(dependencies, trust)),
    validateShard: failingClearly(createValidateShard(dependencies, trust)),
    promoteShard: failingClearly(createPromoteShard(dependencies)),
    gatherResidue: failingClearly(createGatherResidue(dependencies)),
    quarantineResidue: failingClearly(createQuarantineResidue(dependencies)),
    gatherQuarantine: failingClearly(createGatherQuarantine(dependencies)),
    draftSigning: failingClearly(createDraftSigning(dependencies)),
    signShard: failingClearly(createSignShard(dependencies, trust)),
    attestShard: failingClearly(createAttestShard(dependencies, trust)),
  };
}

/** The activities as workflow code sees them. */
export type Activities = ReturnType<typeof createActivities>;

/** Every activity of a worker's replication, which has a queue and a budget of its own. */
export function createReplicationActivities(dependencies: ReplicationDependencies) {
  return {
    draftReplication: failingClearly(createDraftReplication(dependencies)),
    replicateShard: failingClearly(createReplicateShard(dependencies)),
    settleReplication: failingClearly(createSettleReplication(dependencies)),
  };
}

/** The activities of replication as workflow code sees them. */
export type ReplicationActivities = ReturnType<typeof createReplicationActivities>;
