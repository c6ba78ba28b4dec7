import type { ReplicationActivities } from '../../src/activities/index.ts';
import { BLANK_TALLY } from '../../src/workflows/replication-report.ts';
import { DIGEST } from './promotion-activities.ts';

/** Activities that agree on so many shards of ten sources each. */
export function replicationActivitiesFor(
  shards: number,
  changes: Partial<ReplicationActivities> = {},
): ReplicationActivities {
  return {
    draftReplication: async () => ({
      request: {
        manifests: DIGEST,
        confirm: true,
        lenient: false,
        replication: 'on',
        auditInterval: 86_400_000,
        readBackInterval: 30 * 86_400_000,
        every: 1_800_000,
        heartbeat: 30_000,
        full: false,
        copies: 50,
      },
      index: DIGEST,
      audits: DIGEST,
      shards,
      sources: shards * 10,
      pairs: shards * 200,
      warnings: [],
    }),
    replicateShard: async () => ({ ...BLANK_TALLY, counts: { ...BLANK_TALLY.counts, listed: 10 }, sources: 10 }),
    settleReplication: async () => undefined,
    ...changes,
  };
}
