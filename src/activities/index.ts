import { createInventoryReader } from '../plan/inventory.ts';
import { createListings } from '../plan/listings.ts';
import { createPlanDestination } from './addition.ts';
import { createProveApproval } from './approval.ts';
import { createLookAtCalendar } from './calendar.ts';
import { createSetCeiling } from './ceiling.ts';
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
import { recordingTraffic } from './traffic.ts';
import { createPinnedTrust } from './trust.ts';
import { createValidateShard } from './validate.ts';
import { createWithholdEdges } from './withholding.ts';
import { createAcquireWriters, createReleaseWriters } from './writers.ts';
import type { PhaseName } from '../workflows/messages.ts';
import type { FileDependencies } from './file-dependencies.ts';
import { createPlanFiles } from './plan-files.ts';
import { createPromoteFiles } from './promote-files.ts';

export type { ActivityDependencies } from './dependencies.ts';
export type { FileDependencies } from './file-dependencies.ts';
export type { ReplicationDependencies } from './replication-dependencies.ts';

/** Every activity of a worker, over what it works with. */
export function createActivities(dependencies: ActivityDependencies) {
  const listings = createListings(dependencies.registry);
  const reader = createInventoryReader(dependencies.registry, listings);
  const judgeShard = createJudgeShard(dependencies, reader);
  const trust = createPinnedTrust(dependencies.store, dependencies.signing.trustRoot);
  const asking = <I extends { readonly run: string }, O extends object>(
    phase: PhaseName,
    activity: (input: I) => Promise<O>,
  ) => failingClearly(recordingTraffic(phase, dependencies.store, activity));
  return {
    setup: asking('setup', createSetup(dependencies, trust)),
    acquireWriters: failingClearly(createAcquireWriters(dependencies)),
    releaseWriters: failingClearly(createReleaseWriters(dependencies)),
    draftPlan: asking('plan', createDraftPlan(dependencies, judgeShard)),
    judgeShard: asking('plan', judgeShard),
    assemblePlan: asking('plan', createAssemblePlan(dependencies)),
    planDestination: asking('plan', createPlanDestination(dependencies, reader)),
    verifyProvenance: asking('provenance', createVerifyProvenance(dependencies, trust)),
    validateShard: asking('validate', createValidateShard(dependencies, trust)),
    withholdEdges: failingClearly(createWithholdEdges(dependencies)),
    proveApproval: failingClearly(createProveApproval(dependencies)),
    lookAtCalendar: failingClearly(createLookAtCalendar(dependencies)),
    setCeiling: failingClearly(createSetCeiling(dependencies)),
    promoteShard: asking('promote', createPromoteShard(dependencies, listings)),
    gatherResidue: failingClearly(createGatherResidue(dependencies)),
    quarantineResidue: failingClearly(createQuarantineResidue(dependencies)),
    gatherQuarantine: failingClearly(createGatherQuarantine(dependencies)),
    draftSigning: failingClearly(createDraftSigning(dependencies)),
    signShard: asking('sign', createSignShard(dependencies, trust)),
    attestShard: asking('attest', createAttestShard(dependencies, trust)),
  };
}

/** The activities as workflow code sees them. */
export type Activities = ReturnType<typeof createActivities>;

/** The activities of a worker that promote files. */
export function createFileActivities(dependencies: FileDependencies) {
  return {
    planFiles: failingClearly(createPlanFiles(dependencies)),
    promoteFiles: failingClearly(createPromoteFiles(dependencies)),
  };
}

/** The activities of file promotion as workflow code sees them. */
export type FileActivities = ReturnType<typeof createFileActivities>;

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
