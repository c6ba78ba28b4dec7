import type { Activities } from '../activities/index.ts';
import type { PhaseName } from '../workflows/messages.ts';

const PHASES: Readonly<Partial<Record<keyof Activities, PhaseName>>> = {
  setup: 'setup',
  acquireWriters: 'setup',
  draftPlan: 'plan',
  judgeShard: 'plan',
  assemblePlan: 'plan',
  verifyProvenance: 'provenance',
  validateShard: 'validate',
  promoteShard: 'promote',
  gatherResidue: 'promote',
  quarantineResidue: 'promote',
  signShard: 'sign',
  attestShard: 'attest',
};

/** The phase that an activity belongs to; absent where it serves several, or none. */
export function phaseOf(activityType: string): PhaseName | undefined {
  return PHASES[activityType as keyof Activities];
}
