import type { ReplicationNaming } from '../plan/replication.ts';
import type { PlanStore } from '../plan/store.ts';
import type { Registry } from '../registry/registry.ts';
import type { MendingContext } from '../signing/signature-mending.ts';
import type { ManifestFetcher } from './manifests.ts';

/** How a replication left the mirrors. */
export interface MirrorState {
  /** When the pair that nobody has compared for the longest time was compared, in milliseconds since the epoch. */
  readonly oldestCheckedAt?: number;
  /** When the content of the pair that nobody has read back for the longest time was read back, likewise. */
  readonly oldestReadAt?: number;
  /** Mirrors' repositories that are not equal to their source. */
  readonly residue: number;
}

/** What the activities of replication work with; made once per process. */
export interface ReplicationDependencies extends MendingContext {
  /** With a budget of its own, so that promotions do not wait for replication. */
  readonly registry: Registry;
  readonly store: PlanStore;
  readonly fetchManifests: ManifestFetcher;
  readonly naming: ReplicationNaming;
  /** Told how a replication left the mirrors. */
  readonly settled: (state: MirrorState) => void;
  /** Whether there is anybody to tell of mirrors that nobody compares. */
  readonly notifies?: boolean;
  /** The time that audits go by, in milliseconds since the epoch; the system's unless given. */
  readonly now?: () => number;
}
