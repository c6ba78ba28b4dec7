import type { PromotionRequest } from '../../src/workflows/promotion-request.ts';
import type { SetupResult } from '../../src/activities/setup.ts';
import type { Activities } from '../../src/activities/index.ts';

export const NOTHING = { edges: 0, present: 0, manifests: 0, blobs: 0, mounted: 0, bytes: 0 };
export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const NOBODY = { edges: 0, samples: [] };

/** Activities that agree on a plan of so many shards, each with ten edges that are promoted at once: a run of the workflow without any work. */
export function activitiesFor(shards: number, changes: Partial<Activities> = {}): Activities {
  return {
    setup: async ({ request }) => ({
      request: request as Awaited<ReturnType<Activities['setup']>>['request'],
      manifests: { bundle: DIGEST, files: 1, images: 1, digests: shards, edges: shards * 10 },
      destinations: ['prod.example/images'],
      sources: ['staging.example'],
      hosts: ['prod.example'],
      broken: [],
      provenance: true,
      approval: approvalOf(request as PromotionRequest),
      warnings: [],
    }),
    acquireWriters: async () => undefined,
    releaseWriters: async () => undefined,
    draftPlan: async () => ({ index: DIGEST, shards: 1, warnings: [] }),
    judgeShard: async () => ({ edges: shards * 10 }),
    assemblePlan: async () => ({
      plan: { digest: DIGEST, shards, edges: shards * 10, verdicts: { promote: shards * 10 }, hosts: ['prod.example'] },
      quarantine: NOBODY,
      warnings: [],
    }),
    planDestination: async ({ number }) => ({
      plan: {
        digest: `sha256:${'d'.repeat(64)}`,
        shards: 1,
        edges: 10,
        verdicts: { promote: 10 },
        hosts: ['added.example'],
      },
      worklist: { digest: `sha256:${String(number).repeat(64)}`, shards: shards + number },
      quarantine: NOBODY,
      warnings: [],
    }),
    withholdEdges: async ({ orders }) => ({ list: DIGEST, edges: orders.length, present: 0 }),
    proveApproval: async () => ({ approved: false, why: 'nobody has' }),
    lookAtCalendar: async () => ({ frozen: false }),
    setCeiling: async () => undefined,
    promoteShard: async () => ({ counts: { ...NOTHING, edges: 10 }, residue: 0 }),
    gatherResidue: async () => ({ index: DIGEST, shards: 0, edges: 0, released: 0, quarantine: NOBODY }),
    quarantineResidue: async () => NOBODY,
    gatherQuarantine: async () => NOBODY,
    verifyProvenance: async () => ({ checked: 10, passed: 10, quarantined: 0, warnings: [] }),
    validateShard: async () => ({ checked: 10, passed: 10, quarantined: 0, warnings: [] }),
    draftSigning: async () => ({ index: DIGEST, shards }),
    signShard: async () => ({ signed: 10, valid: 0, handed: 20, failed: 0 }),
    attestShard: async () => ({ attested: 10, valid: 0, handed: 20, failed: 0 }),
    ...changes,
  };
}

function approvalOf({ approval, approvalTimeout }: PromotionRequest): SetupResult['approval'] {
  return {
    rule: approval ?? 'none',
    ...(typeof approvalTimeout === 'number' ? { timeoutMs: approvalTimeout } : {}),
  };
}
