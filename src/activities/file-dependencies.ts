import type { Buckets } from '../files/buckets.ts';
import type { PlanStore } from '../plan/store.ts';

/** What the activities of file promotion work with; made once per process. */
export interface FileDependencies {
  readonly buckets: Buckets;
  readonly store: PlanStore;
  /** Whether this worker only reads, and leaves what writes to workers of another queue. */
  readonly writesApart?: boolean;
}
