import type { Client, WorkflowHandle } from '@temporalio/client';

/** A way that a workflow can take, of which a history is kept. */
export interface HistoryCase {
  readonly workflow: 'filePromotion' | 'notification' | 'promotion' | 'registryBudget' | 'signatureReplication';
  /** The name of its file, beside those of the same workflow. */
  readonly name: string;
  readonly args: readonly unknown[];
  readonly activities?: object;
  /** What people and other workflows do meanwhile. */
  readonly steer?: (handle: WorkflowHandle, client: Client) => Promise<unknown>;
  /** How its last run has to end, so that the case is what its name says. */
  readonly ends?: 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'TERMINATED';
}
