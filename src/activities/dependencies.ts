import type { ImageCopier } from '../registry/copy.ts';
import type { Registry } from '../registry/registry.ts';
import type { PlanStore } from '../plan/store.ts';

/** What the activities of a worker work with; made once per process. */
export interface ActivityDependencies {
  readonly registry: Registry;
  readonly copier: ImageCopier;
  readonly store: PlanStore;
}
