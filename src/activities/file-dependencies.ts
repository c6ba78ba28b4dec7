import type { Buckets } from '../files/buckets.ts';
import type { PlanStore } from '../plan/store.ts';

/** What the activities of file promotion work with; made once per process. */
export interface FileDependencies {
  readonly buckets: Buckets;
  readonly store: PlanStore;
}
