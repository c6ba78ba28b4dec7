import type { ReplicationNaming } from '../plan/replication.ts';
import type { PlanStore } from '../plan/store.ts';
import type { Registry } from '../registry/registry.ts';
import type { MendingContext } from '../signing/signature-mending.ts';

/** What the activities of replication work with; made once per process. */
export interface ReplicationDependencies extends MendingContext {
  /** With a budget of its own, so that promotions do not wait for replication. */
  readonly registry: Registry;
  readonly store: PlanStore;
  readonly naming: ReplicationNaming;
}
